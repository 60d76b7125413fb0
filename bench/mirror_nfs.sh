#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# mirror_nfs.sh [CASE...]: pcp --mirror on NFS 4.2 where nothing has changed, RUNS (3) times each,
# by rsync -aHAX --delete, which compares as much, and by rsync -a --delete, which does not look at
# extended attributes.  A CASE is DIRSxFILES@MS, as in nfs.sh (80x25@5).
#
# The programs take turns in one box for each round; see box.sh.

. "$(dirname "$0")/box.sh"

[ $# -gt 0 ] || set -- 80x25@5
need rsync
begin_box
mkdir "$share/rsync"
rsync=$(command -v rsync)
# shellcheck disable=SC2046
cp "$rsync" $(ldd "$rsync" | sed -n 's/.* => \([^ ]*\) .*/\1/p') "$share/rsync/"
# shellcheck disable=SC2016
setup="$setup; cp -a \"\$S/src\" \"\$S/dst\""

# The first start of a program reads it through the slow /host.
cat >"$share/run" <<-'END'
	cp -r /host/pcp /host/rsync /tmp
	printf '#!/bin/sh\nLD_LIBRARY_PATH=/tmp/rsync exec /tmp/rsync/rsync "$@"\n' >/tmp/rsync/run
	chmod +x /tmp/rsync/run
	/tmp/pcp --version >/dev/null
	/tmp/rsync/run --version >/dev/null
	for name; do
		cold
		echo "turn $name" >&2
		case $name in
		pcp) ops /tmp/pcp --mirror "$T/src/." "$T/dst/" ;;
		rsync) ops /tmp/rsync/run -a --delete "$T/src/" "$T/dst/" ;;
		rsync-HAX) ops /tmp/rsync/run -aHAX --delete "$T/src/" "$T/dst/" ;;
		esac || exit
	done
END

columns='%-34s %9s %9s   %-20s %-16s'
echo "seconds to mirror DIRSxFILES@MS on NFS, $RUNS runs, $(nproc) cores"
print_row '' other pcp other/pcp goal
for nfs_case; do
	read_case "$nfs_case"
	make_source
	turns pcp rsync-HAX rsync
	row "nfs $nfs_case, by rsync -aHAX" "$(seconds rsync-HAX)" "$(seconds pcp)" \
		"$(ratio rsync-HAX pcp)" 10
	row "nfs $nfs_case, by rsync -a" "$(seconds rsync)" "$(seconds pcp)" \
		"$(ratio rsync pcp)" -
done
