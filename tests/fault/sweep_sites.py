# SPDX-License-Identifier: GPL-3.0-or-later
#
# The places in lib/ and src/ that call what the sweep makes fail, as the machine code has them,
# and which of them were never reached.  And what the program calls that the sweep leaves out.
#
# A call is known by the address to which it returns.  One at the end of a function may be a
# jump (a tail call): it returns to where that function was called.

import collections
import os
import re
import subprocess

HERE = os.path.dirname(os.path.abspath(__file__))
TOOLS = ("objdump", "addr2line", "nm")

FUNCTION = re.compile(r"^[0-9a-f]+ <([^>]+)>:$")
INSTRUCTION = re.compile(r"^ *([0-9a-f]+):\t(\S+) *(.*)$")
TARGET = re.compile(r"<([^>+]+)(?:\+0x[0-9a-f]+)?>")
SOURCE = re.compile(r".*/((?:lib|src)/(?:\w+/)?\w+\.[ch]):(\d+)")

# What need not be swept, by the reason
LEFT_OUT = {
    "has nothing that could fail": """
        abort exit _exit getenv geteuid getpgrp getpid gettid umask time raise clock_gettime
        __errno_location __ctype_b_loc __ctype_get_mb_cur_max __cxa_atexit __cxa_finalize
        __libc_start_main __gmon_start__ _ITM_deregisterTMCloneTable _ITM_registerTMCloneTable
        __register_atfork __tls_get_addr __assert_fail sched_yield free setfsuid setfsgid pause
        __sched_cpucount __sched_cpufree getopt_long clearerr rewinddir __fpending
        funlockfile flockfile feof fileno __stack_chk_fail __longjmp_chk
        attr_copy_check_permissions""",
    "works in memory, which malloc(3) gives": """
        qsort mem\\w+ str(?!n?dup|ndup)\\w+ \\w*printf\\w* \\w*scanf\\w* isw\\w+ mb\\w+ wc\\w+
        regcomp regexec regfree localeconv localtime_r gmtime_r newlocale uselocale nl_langinfo
        setlocale json_\\w+ __sched_cpualloc vasprintf asprintf __\\w+_chk error strdup
        tzset mktime explicit_bzero EVP_\\w+""",
    "is about signals of this process": "sig\\w+ signal kill",
    "is a lock, or a thread's end": "pthread_(?!create).*",
    "writes to a stream, which remembers the error: see fflush, fclose and ferror": """
        fputs fputc putc fwrite fwrite_unlocked putchar puts fputs_unlocked setvbuf""",
    "is about the terminal": "isatty tcgetpgrp",
    "asks for a limit that has a default": "pathconf fpathconf sysconf",
    "makes only calls that are swept, in another library": "attr_copy_fd attr_copy_action",
}


def run(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


class Code:
    """The calls in a program"""

    def __init__(self, program):
        self.returns = {}       # {address: what the call before it calls}
        self.calls = {}         # {address to which it returns, or of the jump: what it calls}
        self.jumps = collections.defaultdict(list)  # {function: [(address, where to)]}
        function = called = None
        for line in run("objdump", "-d", "--no-show-raw-insn", program).splitlines():
            if m := FUNCTION.match(line):
                function, called = m[1], None
            elif m := INSTRUCTION.match(line):
                called = self.instruction(function, called, int(m[1], 16), m[2], m[3])

    def instruction(self, function, called, at, what, operands):
        """Returns what is called, if it is a call; called is that of the one before."""
        if called is not None:
            self.returns[at] = called
            self.calls[at] = called
        target = TARGET.search(operands)
        name = target[1].removesuffix("@plt") if target else ""
        if what in ("call", "callq", "bl"):
            return name
        if target and what.startswith(("j", "b")) and name != function:
            self.jumps[function].append((at, name))
            if target[1].endswith("@plt"):
                self.calls[at] = name
        return None

    def reached(self, call, at):
        """The addresses in self.calls of a call that has returned to at."""
        target = self.returns.get(at)
        if target == call:
            return {at}
        found, seen, todo = set(), set(), [target]
        while todo:
            function = todo.pop()
            if function in seen:
                continue
            seen.add(function)
            for jump, name in self.jumps.get(function, ()):
                if name == call:
                    found.add(jump)
                todo.append(name)
        return found


def source_lines(program, addresses):
    """{address: (file, function, line)}, of the innermost function that was inlined there"""
    lines = run("addr2line", "-a", "-f", "-i", "-e", program,
                *(hex(a - 1) for a in addresses)).split("\n0x")
    found = {}
    for address, text in zip(addresses, lines):
        _, function, place = text.splitlines()[:3]
        if m := SOURCE.match(os.path.normpath(place.split(" ")[0])):
            found[address] = (m[1], function, int(m[2]))
    return found


def read_known():
    """{(file, function, call)} that no run can reach, each with its reason in the file"""
    with open(os.path.join(HERE, "sweep_unreached.txt")) as f:
        lines = [line.split("#")[0].split() for line in f]
    return {tuple(words) for words in lines if words}


def unreached(program, names, sites):
    """names are those of the sites' calls.  Returns (complaints, a word about all)."""
    code = Code(program)
    swept = set(names)
    calls = {at: name for at, name in code.calls.items() if name in swept}
    lines = source_lines(program, sorted(calls))
    hit = set()
    for number, at in sites:
        hit |= code.reached(names[number], at)
    all_places = {(*lines[at], calls[at]) for at in lines}
    reached = {(*lines[at], calls[at]) for at in lines if at in hit}
    known = read_known()
    missed = [(file, line, function, call)
              for file, function, line, call in all_places - reached
              if (file, function, call) not in known]
    bad = [("site", f"{file}:{line}: {function}: {call}() was not reached")
           for file, line, function, call in sorted(missed)]
    return bad, (f"{len(reached)} of {len(all_places)} call sites, "
                 f"{len(all_places) - len(reached) - len(missed)} known to be out of reach")


def unknown(program, names):
    """What the program calls, and neither the sweep nor LEFT_OUT knows"""
    lines = run("nm", "-D", "--undefined-only", program).splitlines()
    functions = {line.split()[-1].split("@")[0] for line in lines}
    harmless = re.compile("|".join(" ".join(LEFT_OUT.values()).split()))
    return [("unknown", f"{name}() is neither swept nor left out for a reason")
            for name in sorted(functions - set(names)) if not harmless.fullmatch(name)]


def check(program, names, sites):
    """Returns (complaints, a word about all)."""
    bad, words = unreached(program, names, sites)
    return bad + unknown(program, names), words
