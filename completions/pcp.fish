# SPDX-License-Identifier: GPL-3.0-or-later
#
# fish completion for pcp.
#
# Where cp is a link to pcp, and is to have the same:  complete -c cp -w pcp

# The attributes after a list that ends in a comma, or is empty; without those in it
function __pcp_attributes
    set -l token (string replace -r '^--[^=]*=' '' -- (commandline -ct))
    set -l list (string replace -r '[^,]*$' '' -- $token)
    set -l given (string split , -- $list)
    set -l names mode ownership timestamps links context xattr all
    set -l meanings permissions 'user and group' 'times of access and modification' \
        'hard links' 'SELinux context' 'extended attributes' 'all of them'
    for i in (seq (count $names))
        contains -- $names[$i] $given
        or printf '%s%s\t%s\n' "$list" $names[$i] $meanings[$i]
    end
end

# One option a line: -x or -r where it must have a value, -f where it may have one.
complete -c pcp -l anchored -d 'Patterns match names from their beginnings'
complete -c pcp -s a -l archive -d 'Copy trees, and keep what can be kept'
complete -c pcp -l atomic -d 'Give copies their names when they are complete'
complete -c pcp -l attributes-only -d 'Copy attributes, not data'
complete -c pcp -s b -d 'Keep files that would be overwritten'
complete -c pcp -l backup -f -a 'none off simple never numbered t existing nil' -d 'Keep files that would be overwritten'
complete -c pcp -l beneath -d 'Follow no symbolic links'
complete -c pcp -l bwlimit -x -d 'Move at most so many bytes a second'
complete -c pcp -l checksum-file -r -F -d 'Write the checksum of each copy to this file'
complete -c pcp -l chunk -x -d 'Bytes between two looks whether to go on'
complete -c pcp -l context -f -d 'Accepted, and does nothing'
complete -c pcp -l copy-contents -d 'With -R, read special files'
complete -c pcp -s d -d 'Same as --no-dereference --preserve=links'
complete -c pcp -l debug -d 'Say how each file is copied'
complete -c pcp -l delete -d 'Remove at the end what the source has not'
complete -c pcp -l delete-excluded -d 'The same, also where an --exclude matches'
complete -c pcp -l dry-run -f -a 'explain' -d 'Say what would be done, and do nothing'
complete -c pcp -s L -l dereference -d 'Follow all symbolic links'
complete -c pcp -l exclude -x -d 'Leave out what matches this pattern'
complete -c pcp -l exclude-caches -d 'Leave out what directories with a CACHEDIR.TAG have'
complete -c pcp -l exclude-tag -x -d 'Leave out what directories with such a file have'
complete -c pcp -s X -l exclude-from -r -F -d 'Leave out what matches a line of this file'
complete -c pcp -l failed-to -r -F -d 'Write the names of what failed to this file'
complete -c pcp -l files-from -r -F -d 'Copy what has a name in this file'
complete -c pcp -s f -l force -d 'Remove files that cannot be opened'
complete -c pcp -l fsync -d 'Report only what a power failure cannot undo'
complete -c pcp -s H -d 'Follow symbolic links that are sources'
complete -c pcp -l help -d 'Print a summary of the options'
complete -c pcp -l ignore-case -d 'Patterns match capital and small letters alike'
complete -c pcp -l include -x -d 'Take back an --exclude for what matches this pattern'
complete -c pcp -s i -l interactive -d 'Ask before a file is overwritten'
complete -c pcp -s j -l jobs -x -d 'Copy with at most so many threads'
complete -c pcp -l json -f -d 'Tell what happens in JSON'
complete -c pcp -l json-files -d 'With --json, a line for each file, too'
complete -c pcp -l json-interval -x -d 'With --json, progress so often'
complete -c pcp -l keep-directory-symlink -d 'Copy into directories that are symbolic links'
complete -c pcp -s l -l link -d 'Make hard links, not copies'
complete -c pcp -l log -r -F -d 'Write a line for each file and error to this file'
complete -c pcp -l max-delete -x -d 'Remove nothing if that would be more entries, or percent'
complete -c pcp -l max-errors -x -d 'Begin nothing new after so many errors'
complete -c pcp -l max-size -x -d 'Leave out regular files that are larger'
complete -c pcp -l min-size -x -d 'Leave out regular files that are smaller'
complete -c pcp -l mirror -d 'Same as -af --update=changed --delete'
complete -c pcp -l newer -r -F -d 'Leave out what was modified before this date'
complete -c pcp -l nice -d 'Run at the lowest priority'
complete -c pcp -l no-anchored -d 'Patterns match after any slash'
complete -c pcp -s n -l no-clobber -d 'Leave files alone that exist'
complete -c pcp -s P -l no-dereference -d 'Copy symbolic links as links'
complete -c pcp -l no-ignore-case -d 'Capital and small letters differ in patterns'
complete -c pcp -l no-preserve -x -a '(__pcp_attributes)' -d 'Do not keep attributes'
complete -c pcp -s T -l no-target-directory -d 'Do not copy into the destination'
complete -c pcp -l no-wildcards -d 'Patterns stand for themselves'
complete -c pcp -l no-wildcards-match-slash -d 'Wildcards match no slash'
complete -c pcp -s 0 -l null -d 'End names of --failed-to and --files-from with a NUL'
complete -c pcp -l older -r -F -d 'Leave out what was modified at this date or later'
complete -c pcp -s x -l one-file-system -d 'Do not leave the file system'
complete -c pcp -l ops-limit -x -d 'Make at most so many system calls a second'
complete -c pcp -l parents -d 'Put the whole name under the directory'
complete -c pcp -s p -d 'Same as --preserve=mode,ownership,timestamps'
complete -c pcp -l preserve -f -a '(__pcp_attributes)' -d 'Keep attributes'
complete -c pcp -l progress -f -a 'auto always never line' -d 'Show progress'
complete -c pcp -s q -l quiet -d 'Show only errors'
complete -c pcp -s R -s r -l recursive -d 'Copy directories'
complete -c pcp -l reflink -f -a 'auto always never' -d 'Share data with the source'
complete -c pcp -l remove-destination -d 'Remove files that exist first'
complete -c pcp -l sparse -x -a 'auto always never' -d 'Make holes'
complete -c pcp -l stats -d 'Say at the end what was done, and why'
complete -c pcp -l retry -x -d 'Try what failed for a passing reason again, so often'
complete -c pcp -l strict -d 'Fail also for what changes meanwhile, or is lost'
complete -c pcp -l strip-trailing-slashes -d 'Remove slashes from the end of sources'
complete -c pcp -s S -l suffix -x -d 'End the names of backups with this'
complete -c pcp -s s -l symbolic-link -d 'Make symbolic links, not copies'
complete -c pcp -s t -l target-directory -x -a '(__fish_complete_directories)' -d 'Copy into this directory'
complete -c pcp -s u -d 'Overwrite files that are older'
complete -c pcp -l update -f -a 'all none none-fail older changed checksum' -d 'Say which files to overwrite'
complete -c pcp -s v -l verbose -d 'Say the name of each file'
complete -c pcp -l verify -f -a 'sha256 xxh128' -d 'Read copies back, and compare'
complete -c pcp -l version -d 'Print the version'
complete -c pcp -l wildcards -d 'Patterns may have wildcards'
complete -c pcp -l wildcards-match-slash -d 'Wildcards match slashes'
complete -c pcp -l window -x -d 'Have at most so many copies pending'
complete -c pcp -s Z -d 'Accepted, and does nothing'
