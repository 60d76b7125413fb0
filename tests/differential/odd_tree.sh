#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The tree of mktree, copied by cp and by pcp: on every file system, as root and
# as an ordinary user, treecmp.py finds no difference between the two copies, and
# status and messages are the same.

. "$(dirname "$0")/../cli/common.sh"
. "$tests/tools/tap.sh"

trap oneTimeTearDown EXIT
tool oddnode || skip_all 'no C compiler for the tools'
if is_cp; then engines=''; else engines='-j1|--window=1 -j16|--window=64'; fi

# make_tree: in $source, or the test has failed
make_tree() {
	$as mktree "$source" >"$scratch/mktree" 2>&1 || ok 1 "mktree $source"
	diag <"$scratch/mktree"
}

# sticky_of_others: how to compare where nobody copies another's directories; older
# releases of cp leave the sticky bit of those, which cannot be given to their owner.
sticky_of_others() (
	mkdir -m 777 "$dir/sticky"
	mkdir -m 1777 "$dir/sticky/one"
	$as cp -a "$dir/sticky/one" "$dir/sticky/two" 2>/dev/null
	[ ! -k "$dir/sticky/two" ] || echo --no-sticky
	rm -rf "$dir/sticky"
)

# old_copy OUT: an older and a different copy is there already
old_copy() {
	mkdir "$1"
	/bin/cp -a "$source" "$1/src"
	cd "$1/src" || return
	rm -rf wide/file1* deep/ddddd/ddddd symlink/relative sparse/many 'name/ lead'
	for name in size/* sparse/trailing times/file0.000000001; do
		echo another >"$name"
	done
	chmod 0700 modes/dir-0755 acl/default
	chmod 0604 modes/file-4755
	setfacl -m u:77:r acl/file modes/file-0644
	setfattr -n user.extra -v 1 xattr/file 2>/dev/null
	rm links/a/two && echo unlinked >links/a/two
	rm special/fifo && echo 'not a fifo' >special/fifo
	ln -sf elsewhere symlink/dangling
	mkdir -p extra/dir
	echo extra >modes/dir-0777/extra
}

# An ordinary user first has to open what is closed.
remove() {
	is_root || chmod -R u+rwx "$@" 2>/dev/null
	rm -rf "$@"
}

# run NAME ARGUMENT...: copies as cp or as pcp, in the directory of that name,
# to out, which $before has made
run() {
	name=$1
	shift
	/bin/cp -a "$dir/ready" "$dir/$name"
	options=
	[ "$name" = cp ] || options=$engine
	(cd "$dir/$name" && timeout -k 5 120 $as "$name" $options "$@" out \
		>/dev/null 2>"$scratch/err")
	echo "status $?" >>"$scratch/err"
	sed 's/^pcp: /cp: /' "$scratch/err" | sort >"$scratch/$name.words"
	touch -d @0 "$dir/$name"
	[ "$before" = : ] || touch -d @0 "$dir/$name/out"
}

# compare WHAT TREECMP_OPTIONS ARGUMENT...: cp and pcp do the same with them;
# source, before, as, engine say from what and how
compare() {
	what=$1
	how=$2
	shift 2
	mkdir "$dir/ready"
	(cd "$dir/ready" && $before out)
	[ ! "$as" ] || chown 65534:65534 "$dir/ready"
	run cp "$@"
	run pcp "$@"
	treecmp.py $how "$dir/cp" "$dir/pcp" >"$scratch/differences" 2>&1
	good=$?
	diff -a "$scratch/cp.words" "$scratch/pcp.words" >>"$scratch/differences" || good=1
	ok $good "$what"
	[ $good = 0 ] || head -n 60 "$scratch/differences" | cat -v | diag
	remove "$dir/ready" "$dir/cp" "$dir/pcp"
}

# compare_all FS: every option set, with the tree in $source
compare_all() {
	before=:
	engine=''
	compare "$1: -a" '' -a "$source"
	compare "$1: -R" '--no-times --no-links' -R "$source"
	compare "$1: -Rp" '--no-links' -Rp "$source"
	compare "$1: -dR" '--no-times' -dR "$source"
	for e in $engines; do
		engine=$(echo "$e" | tr '|' ' ')
		compare "$1: -a $engine" '' -a "$source"
	done
	engine=''
	before='mkdir'
	compare "$1: -p of files" '--no-links' -p "$source"/modes/file-* "$source"/acl/*file \
		"$source"/xattr/* "$source"/sparse/* "$source"/size/* "$source"/times/file* -t
	before=:
	is_root || return 0
	before=old_copy
	compare "$1: -a onto an older tree" '' -a "$source"
	compare "$1: -R onto an older tree" '--no-times --no-links' -R "$source"
	before=:
}

as=''
if ! is_root; then
	dir=$scratch/plain
	mkdir "$dir"
	source=$dir/src
	make_tree
	compare_all 'ordinary user'
	skip 'ext4, xfs, btrfs, tmpfs: only root can mount them'
	done_testing
fi

for fs in tmpfs ext4 xfs btrfs; do
	if ! can_mount; then
		skip "$fs: mounting is not permitted"
		continue
	elif ! mount_fs $fs "$scratch/$fs" 2>"$scratch/mount.err"; then
		skip "$fs: $(tail -n 1 "$scratch/mount.err")"
		continue
	fi
	dir=$scratch/$fs
	source=$dir/src
	make_tree
	compare_all $fs
	if [ $fs != tmpfs ]; then
		source=$scratch/tmpfs/src
		compare "$fs: -a from tmpfs" '' -a "$source"
		source=$dir/src
	fi
	as='setpriv --reuid=65534 --regid=65534 --clear-groups'
	compare "$fs: -a of root's tree as nobody" "$(sticky_of_others)" -a "$source"
	compare "$fs: -R of root's tree as nobody" '--no-times --no-links' -R "$source"
	mkdir -m 777 "$dir/own"
	source=$dir/own/src
	make_tree
	compare "$fs: -a as nobody" '' -a "$source"
	compare "$fs: -Rp as nobody" '--no-links' -Rp "$source"
	as=''
	[ $fs = tmpfs ] || umount "$dir"
done
done_testing
