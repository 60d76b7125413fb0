# SPDX-License-Identifier: GPL-3.0-or-later
#
# Part of random.py: the options of GNU cp 9, how often they are drawn, and the ways to
# write one.

from typing import NamedTuple

ATTRIBUTES = ["mode", "ownership", "timestamps", "links", "xattr", "all"]
CONTROLS = ["none", "off", "numbered", "t", "existing", "nil", "simple", "never"]


class Option(NamedTuple):
    weight: int
    short: str              # its letter, or ""
    long: str               # its name, or ""
    values: tuple = ()      # what it may be given; "" for nothing; "LIST" of ATTRIBUTES
    separate: bool = False  # the value may be the next word


# By the name that it has in --only-options.
OPTIONS = {
    "-a": Option(10, "a", "archive"),
    "--attributes-only": Option(2, "", "attributes-only"),
    "-b": Option(4, "b", ""),
    "--backup": Option(4, "", "backup", ("", *CONTROLS)),
    "--copy-contents": Option(2, "", "copy-contents"),
    "-d": Option(5, "d", ""),
    "--debug": Option(1, "", "debug"),
    "-f": Option(5, "f", "force"),
    "-H": Option(3, "H", ""),
    "-i": Option(4, "i", "interactive"),
    "--keep-directory-symlink": Option(3, "", "keep-directory-symlink"),
    "-l": Option(4, "l", "link"),
    "-L": Option(4, "L", "dereference"),
    "-n": Option(4, "n", "no-clobber"),
    "--no-preserve": Option(3, "", "no-preserve", ("LIST",), True),
    "-p": Option(7, "p", ""),
    "-P": Option(4, "P", "no-dereference"),
    "--parents": Option(4, "", "parents"),
    "--preserve": Option(6, "", "preserve", ("", "LIST", "LIST", "LIST")),
    "-r": Option(2, "r", ""),
    "-R": Option(6, "R", "recursive"),
    "--reflink": Option(3, "", "reflink", ("", "auto", "always", "never", "auto")),
    "--remove-destination": Option(4, "", "remove-destination"),
    "-s": Option(3, "s", "symbolic-link"),
    "-S": Option(2, "S", "suffix", (".bak", "~", "", "a/b", ".x"), True),
    "--sparse": Option(4, "", "sparse", ("auto", "always", "always", "never"), True),
    "--strip-trailing-slashes": Option(2, "", "strip-trailing-slashes"),
    "-t": Option(0, "t", "target-directory", ("dst",), True),
    "-T": Option(1, "T", "no-target-directory"),
    "-u": Option(5, "u", ""),
    "--update": Option(4, "", "update", ("", "", "older", "all", "none", "none-fail")),
    "-v": Option(6, "v", "verbose"),
    "-x": Option(2, "x", "one-file-system"),
}
# Not in every cp: to be asked for before they are used.
NEWER = [("--debug", None), ("--keep-directory-symlink", None),
         *(("--update", value) for value in ("older", "all", "none", "none-fail"))]
LONG_NAMES = sorted({o.long for o in OPTIONS.values()} - {""} |
                    {"context", "help", "path", "version"})
RECURSIVE = {"-a", "-r", "-R"}
INVALID = [("--bogus",), ("-y",), ("--no",), ("--p",)]


def all_options():
    return {name: option.values or (None,) for name, option in OPTIONS.items()}


def shortest_unique(name):
    """How many letters of a long name tell it from the others."""
    for n in range(2, len(name)):
        if sum(other.startswith(name[:n]) for other in LONG_NAMES) == 1:
            return n
    return len(name)


class Speller:
    """Draws the options of one case, and writes them down. Known: those that may be
    drawn, with their values. What was drawn can be seen afterwards."""

    def __init__(self, rng, known):
        self.rng = rng
        self.known = known
        self.drawn = set()

    recursive = property(lambda self: bool(self.drawn & RECURSIVE))
    parents = property(lambda self: "--parents" in self.drawn)
    has_backups = property(lambda self: bool(self.drawn & {"-b", "--backup"}))
    asks = property(lambda self: "-i" in self.drawn)

    def may(self, name):
        return name in self.known

    def options(self):
        """The words of some options."""
        names = self.draw()
        self.drawn = set(names)
        words = [self.spell(name) for name in names]
        if self.rng.random() < 0.02:
            words.append(self.invalid())
        return words

    def draw(self):
        rng = self.rng
        names = [n for n in self.known if OPTIONS[n].weight]
        weights = [OPTIONS[n].weight for n in names]
        count = rng.choices([0, 1, 2, 3, 5], [20, 35, 25, 14, 6])[0]
        drawn = rng.choices(names, weights, k=count) if names else []
        walking = sorted(RECURSIVE & set(self.known), key="-R -a -r".split().index)
        if walking and rng.random() < 0.6 and not RECURSIVE & set(drawn):
            drawn.append(rng.choices(walking, [6, 5, 1][:len(walking)])[0])
        rng.shuffle(drawn)
        return drawn

    def value(self, name):
        value = self.rng.choice(self.known[name])
        if value == "LIST":
            chosen = self.rng.choices(ATTRIBUTES, k=self.rng.choice([1, 1, 2, 3]))
            value = ",".join(chosen)
        return value

    def spell(self, name, value=None):
        """One way to write the option, as a tuple of words, in bytes."""
        option = OPTIONS[name]
        if value is None and option.values:
            value = self.value(name)
        if isinstance(value, str):
            value = value.encode()
        if option.short and (not option.long or self.rng.random() < 0.65):
            return self.spell_short(option, value)
        word = b"--" + self.long_name(option.long)
        if not option.values or (not value and not option.separate):
            return (word,)
        if option.separate and self.rng.random() < 0.3:
            return (word, value)
        return (word + b"=" + value,)

    def spell_short(self, option, value):
        word = b"-" + option.short.encode()
        if value is None:
            return (word,)
        if value and self.rng.random() < 0.4:
            return (word + value,)
        return (word, value)

    def long_name(self, name):
        if self.rng.random() < 0.75:
            return name.encode()
        least = shortest_unique(name)
        return name[:self.rng.randint(least, len(name))].encode()

    def invalid(self):
        """Something that is refused."""
        rng = self.rng
        named = [(f"--{OPTIONS[n].long}", values) for n, values in self.known.items()
                 if OPTIONS[n].long]
        choices = list(INVALID)
        choices += [(f"{word}=bogus",) for word, values in named if any(values)]
        choices += [(f"{word}=x",) for word, values in named if values == (None,)]
        if self.may("-t"):
            choices += [("-t",), ("-t", "dst"), ("-t", "nowhere")]
        return tuple(text.encode() for text in rng.choice(choices))
