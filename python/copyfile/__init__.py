# SPDX-License-Identifier: LGPL-2.1-or-later
"""
Copy files with libcopyfile.

    await copyfile.copy(src, dst)       in asyncio; a task that is cancelled cancels its copy
    copyfile.copy_sync(src, dst)        returns when it is done
    copyfile.copytree(src, dst)         as shutil.copytree(), with many copies at a time
    copyfile.limit(bytes=20 << 20)      what all copies together may take
    copyfile.shutdown()                 ends the threads, and frees what they had

Failures are OSError, in the class that goes with errno, with both names.  By default dst must not
exist; flags=copyfile.Flag.REPLACE replaces it.  Any thread may call any of them.  A child of
fork() has nothing to do with its parent's copies, and may start its own.
"""
from ._copy import copy, copy_sync
from ._lib import Flag, Info, limit, shutdown
from ._tree import copytree

__all__ = ["Flag", "Info", "copy", "copy_sync", "copytree", "limit", "shutdown"]
