# SPDX-License-Identifier: LGPL-2.1-or-later
"""Lines of trace-cmd report: of 3.1 without flags, from 3.3 on with five characters of them right before the time."""
import re

LINE = re.compile(r"^\s*(?:(?P<file>\S+\.dat):)?.*?-(?P<tid>\d+)\s+\[(?P<cpu>\d+)\](?: [^\s\d]\S{4})?\s*(?P<time>\d[\d.]*):"
                  r"\s+(?P<name>\w+):(?P<text>.*)$")
