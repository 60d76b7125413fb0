#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What another client of a file system has to wait: latency.py DIR SECONDS

Looks at the files in DIR, one every 10 ms, for so long, and prints the mean time that stat(2)
took, in microseconds."""

import os
import sys
import time

directory, seconds = sys.argv[1], float(sys.argv[2])
names = [os.path.join(directory, name) for name in os.listdir(directory)]
end = time.monotonic() + seconds
took = []
while time.monotonic() < end:
    begun = time.monotonic()
    os.stat(names[len(took) % len(names)])
    took.append(time.monotonic() - begun)
    time.sleep(0.01)
print(round(sum(took) / len(took) * 1e6))
