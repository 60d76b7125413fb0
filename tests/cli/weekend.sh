#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# A weekend in small (doc/migrations.md): from one NFS export to another, in the box of
# tools/nfsbox, with changes between passes, kills, a full disk, and a mount that is not there.  In
# the end rsync finds no difference, and --check-journal all of it.

. "$(dirname "$0")/common.sh"

share=$scratch/share

oneTimeSetUp() {
	is_cp && skip_all 'cp has no --journal'
	need_box "$share"
	inside >"$share/inside"
}

# What runs in the box.  The new server is a file system of its own, with little room at first.
# Each `step WHAT` says what came of it, which the test compares.
inside() {
	cat <<-'EOF'
	exec 2>/host/messages
	set -x
	mkdir /tmp/bin && cp -P /host/pcp /host/*.so* /tmp/bin/ 2>/dev/null
	PATH=/tmp/bin:$PATH LD_LIBRARY_PATH=/tmp/bin J=/tmp/journals
	export LD_LIBRARY_PATH
	server=$(dirname $S)
	mkdir $J $server/new /mnt/new
	step() { echo "$1:${2:+ $2}" >>/host/steps; }

	old=$T/old
	mkdir -p $S/old
	for d in $(seq 30); do
		mkdir -p $S/old/$d/sub
		for f in $(seq 20); do head -c $((d * f * 30)) /dev/urandom >$S/old/$d/sub/$f; done
		ln $S/old/$d/sub/1 $S/old/$d/again
		ln -s sub/2 $S/old/$d/link
	done

	mount -t tmpfs -o size=1m new $server/new
	exportfs -o rw,no_root_squash,no_subtree_check,fsid=77 localhost:$server/new
	mount_new() { mount -t nfs -o vers=4.2 localhost:/new /mnt/new; }
	mount_new || exit
	mkdir /mnt/new/data

	# pass JOURNAL [OPTION...]: one run
	pass() {
		journal=$J/$1
		shift
		pcp --mirror --journal=$journal "$@" $old/. /mnt/new/data/
	}
	# killed JOURNAL SECONDS: one that does not end
	killed() {
		timeout -s KILL $2 pcp --mirror --journal=$J/$1 $old/. /mnt/new/data/
		step "killed in pass $1" $?
	}

	killed 1 0.3
	killed 1 0.4
	pass 1
	step 'a full disk' $?
	mount -o remount,size=200m $server/new
	pass 1
	step 'with more room' $?
	pass 1
	step 'nothing more to do' $?

	# Somebody works on it.
	echo changed >>$old/3/sub/7
	mv $old/4/sub $old/4/renamed
	rm -r $old/5
	mkdir $old/31 && echo new >$old/31/file
	chmod 600 $old/6/sub/6

	killed 2 0.4
	umount /mnt/new
	mkdir -p /mnt/new/data
	pass 2
	step 'not mounted' $?
	step 'what was put where it is mounted' "$(ls /mnt/new/data)"
	rmdir /mnt/new/data
	mount_new
	pass 2 --max-delete=20%
	step 'pass 2' $?

	echo last >>$old/7/sub/7
	pass 3 --fsync
	step 'pass 3' $?
	step 'rsync' "$(rsync -aHAXn --delete -i $old/ /mnt/new/data/ 2>&1)"
	step 'differences' "$(diff -r --no-dereference $S/old $server/new/data 2>&1)"
	pcp --check-journal=$J/3 >/host/proof
	step 'the proof' $?
	EOF
}

test_weekend() {
	nfsbox run --quiet --fs nfs --server-fs ext4 --latency 2 --timeout 300 --share "$share" \
		-- bash inside >"$share/log" 2>&1 </dev/null
	assertEquals "the box; $(tail -n 20 "$share/log")" 0 $?
	cat >"$share/expected" <<-'EOF'
		killed in pass 1: 137
		killed in pass 1: 137
		a full disk: 3
		with more room: 0
		nothing more to do: 0
		killed in pass 2: 137
		not mounted: 1
		what was put where it is mounted:
		pass 2: 0
		pass 3: 0
		rsync:
		differences:
		the proof: 0
	EOF
	assertEquals 'the steps' '' "$(diff "$share/expected" "$share/steps")"
	assertContains 'the proof' "$(cat "$share/proof" 2>&1)" ' 0 differ; complete, digest '
	assertContains 'not mounted' "$(cat "$share/messages")" \
		'is not the one that the journal is of'
	[ ! -s "$share/steps" ] || diff "$share/expected" "$share/steps" >/dev/null ||
		cat "$share/messages"
}

. shunit2
