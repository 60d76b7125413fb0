#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# On a real NFS 4.2 mount, and on an SMB one, in the box of tools/nfsbox: the
# server copies the data, and the waiting for it overlaps.  A box takes ten
# seconds to start, so that each is asked all that it can tell.

. "$(dirname "$0")/common.sh"

share=$scratch/share

oneTimeSetUp() {
	need_box "$share"
	inside >"$share/inside"
	tree "$scratch/src"
	# as a tarball, for hostfs knows whole seconds only
	tar -c --format=posix -f "$share/src.tar" -C "$scratch" src
	cat >"$share/attributes" <<-"EOF"
		find . -type d -printf "%P %y %m %U:%G %T@\n" -o -printf "%P %y %m %U:%G %T@ %s\n"
	EOF
	(cd "$scratch/src" && sh "$share/attributes" | sort >"$scratch/attributes")
}

# What runs in the box: `measure NAME COMMAND...` leaves the command's status, and
# what it and `ops` say, in NAME.status and NAME.err.  The server's own view of the
# trees ($S) is compared, which needs no round trips.
inside() {
	cat <<-'EOF'
	exec >/dev/null
	mkdir /tmp/bin && cp -P /host/pcp /host/*.so* /tmp/bin/ 2>/dev/null
	PATH=/tmp/bin:$PATH LD_LIBRARY_PATH=/tmp/bin
	export LD_LIBRARY_PATH
	name=$NFSBOX_FS-$NFSBOX_SERVER_FS
	# each begins with cold caches
	measure() {
		out=/host/$name-$1
		shift
		busybox sync
		echo 3 >/proc/sys/vm/drop_caches
		ops "$@" 2>"$out.err"
		echo $? >"$out.status"
	}
	measure R pcp -R $T/src $T/R
	diff -r $S/src $S/R >/host/$name-R.diff 2>&1
	if [ $name = nfs-ext4 ]; then
		measure cp cp -R $T/src $T/cp
		measure a pcp -a $T/src $T/a
		diff -r $S/src $S/a >/host/$name-a.diff 2>&1
		(cd $S/a && sh /host/attributes) >/host/$name-a.attributes
	fi
	EOF
}

# Twenty directories of ten files, of 1 to 10 KiB, not two with the same times;
# whole seconds would hide it if the rest got lost.
tree() (
	mkdir "$1" && cd "$1" || exit
	seq 3000 >../data
	for d in $(seq 20); do
		mkdir $d
		for f in $(seq 10); do
			(echo $d/$f && head -c $((f * 1000 + d)) ../data) >$d/$f
		done
	done
	! is_root || chown 1000:1000 5 5/*
	! is_root || chown 7:8 6/6
	chmod 711 1 && chmod 600 1/1 && chmod 755 2/* && chmod 4711 3/3 && chmod 1777 4
	i=0
	for f in $(find . -mindepth 1 -depth) .; do
		touch -d @$((1000000000 + i * 86400)).$((i + 123456000)) $f
		i=$((i + 1))
	done
)

# box FS SERVER_FS [OPTION...]: starts it, unless it ran already; without it there
# is nothing to look at
box() {
	name=$1-$2
	if [ ! -e "$share/$name.status" ]; then
		fs=$1 server=$2
		shift 2
		nfsbox run --quiet --fs "$fs" --server-fs "$server" "$@" --timeout 120 \
			--share "$share" --setup 'tar -xp --numeric-owner -f /host/src.tar -C $S' \
			-- bash inside >"$share/$name.log" 2>&1 </dev/null
		echo $? >"$share/$name.status"
	fi
	status=$(cat "$share/$name.status")
	assertEquals "the box $name; $(tail -n 20 "$share/$name.log")" 0 "$status"
	return "$status"
}

# assert_copied WHAT: it ended well, without a word, and the copy is as it should be
assert_copied() {
	assertEquals "$1: status" 0 "$(cat "$share/$name-$1.status")"
	assertEquals "$1: messages" '' "$(grep -v '^nfsbox: ops ' "$share/$name-$1.err")"
	assertEquals "$1: differences (< source, > copy)" '' "$(head -n 20 "$share/$name-$1.diff")"
	echo "$name $1: $(sed -n 's/^nfsbox: ops //p' "$share/$name-$1.err")"
}

# count WHAT OPERATION
count() {
	sed -n "/^nfsbox: ops/s/.* $2=\([0-9]*\).*/\1/p" "$share/$name-$1.err" | grep . || echo 0
}

assert_no_data() {
	assertEquals "$1: READ WRITE" '0 0' "$(count "$1" READ) $(count "$1" WRITE)"
}

test_nfs_server_copies() {
	box nfs ext4 --latency 5 || return
	assert_copied R
	assert_no_data R
	assertTrue "$(count R COPY) COPY" "[ $(count R COPY) -ge 200 ]"
}

# A file that is made with O_EXCL takes a SETATTR.
test_nfs_files_of_new_directories() {
	is_cp && { skip 'cp makes files with O_EXCL'; return; }
	box nfs ext4 --latency 5 || return
	assertTrue "$(count R SETATTR) SETATTR" "[ $(count R SETATTR) -lt 20 ]"
}

# There are 21 directories, and each is looked at once.
test_nfs_directories() {
	box nfs ext4 --latency 5 || return
	assertTrue "$(count R GETATTR) GETATTR" "[ $(count R GETATTR) -le 30 ]"
}

test_nfs_attributes() {
	box nfs ext4 --latency 5 || return
	assert_copied a
	assertEquals 'attributes (< source, > copy)' '' \
		"$(sort "$share/$name-a.attributes" | diff "$scratch/attributes" - | head -n 20)"
	assert_no_data a
	assertTrue "$(count a COPY) COPY" "[ $(count a COPY) -ge 200 ]"
	# The owner of a file that was just made is known.
	assertTrue "$(count a GETATTR) GETATTR" "[ $(count a GETATTR) -lt 150 ]"
}

# How much sooner it ends than cp; the bound leaves much room for a busy machine.
test_nfs_waiting_overlaps() {
	is_cp && { skip 'cp copies one after the other'; return; }
	box nfs ext4 --latency 5 || return
	assertEquals 'status of cp' 0 "$(cat "$share/$name-cp.status")"
	cp=$(count cp elapsed_ms) pcp=$(count R elapsed_ms)
	ratio=$(awk "BEGIN {printf \"%.1f\", $cp / ($pcp + !$pcp)}")
	echo "cp -R $cp ms, pcp -R $pcp ms, ratio $ratio"
	assertTrue "cp $cp ms, pcp $pcp ms" "[ $pcp -gt 0 ] && [ $((pcp * 3)) -le $cp ]"
}

test_nfs_server_clones() {
	box nfs xfs || return
	assert_copied R
	assert_no_data R
	shared=$(($(count R CLONE) + $(count R COPY)))
	assertTrue "$shared CLONE and COPY" "[ $shared -ge 200 ]"
}

test_smb() {
	box smb ext4 || return
	assert_copied R
}

. shunit2
