#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# peer.sh NAME SRC DST THREADS SCRATCH: copies what is in the directory SRC to the
# directory DST, with all the attributes that NAME knows to preserve, for peers.sh.
# PCP and CP are programs, and option is theirs: -a, or -au if a copy is there already.

set -eu
name=$1 src=$2 dst=$3 threads=$4 scratch=$5

case $name in
pcp) exec "$PCP" "$option" -T "$src" "$dst" ;;
cp) exec "$CP" "$option" -T "$src" "$dst" ;;
rsync) exec rsync -a "$src/" "$dst" ;;
rclone)
	: >"$scratch/rclone.conf"
	# No --metadata, which rclone 1.60 cannot do for symlinks: it would begin again
	exec rclone copy --config "$scratch/rclone.conf" --quiet --links --create-empty-src-dirs \
		--transfers "$threads" --checkers "$threads" "$src" "$dst"
	;;
fpsync)
	mkdir -p "$dst"
	exec fpsync -n "$threads" -t "$scratch/fpsync" "$src/" "$dst/"
	;;
tar)
	mkdir -p "$dst"
	tar -C "$src" -cf - . | tar -C "$dst" -xpf -
	;;
xargs)
	# The directories first: no two processes make the same one.
	mkdir -p "$dst"
	cd "$src"
	find . -type d -print0 | (cd "$dst" && xargs -0 mkdir -p)
	find . ! -type d -print0 |
		xargs -0 -n 100 -P "$threads" "$CP" "$option" --parents -t "$dst"
	;;
*)
	echo "peer.sh: $name: no such program" >&2
	exit 2
	;;
esac
