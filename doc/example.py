#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""libvmsync from Python, by ctypes alone: the band of each vCPU, and the offset that the recording has.

usage: example.py trace.dat; VMSYNC_LIBRARY names the library where the linker does not find it
The structs below are the beginnings of those in <vmsync/session.h> and <vmsync/band.h>, of the same soversion.
"""
import ctypes as c
import os
import sys

vms = c.CDLL(os.environ.get("VMSYNC_LIBRARY", "libvmsync.so.0"))


class Err(c.Structure):
    _fields_ = [("code", c.c_int), ("msg", c.c_char * 256)]


class Segment(c.Structure):
    _fields_ = [("from_event", c.c_uint32), ("to_event", c.c_uint32), ("from_raw", c.c_int64), ("to_raw", c.c_int64)]


class Band(c.Structure):
    _fields_ = [("segs", c.POINTER(Segment)), ("segs_nr", c.c_uint)]


class Track(c.Structure):
    _fields_ = [("guest", c.c_uint), ("cpu_idx", c.c_uint), ("vcpu", c.c_uint32), ("thread", c.c_void_p),
                ("tid_inferred", c.c_bool), ("align", c.c_void_p), ("cons", c.c_void_p), ("band", c.POINTER(Band))]


class Result(c.Structure):
    _fields_ = [("by", c.c_int), ("available", c.c_bool), ("why_not", c.c_char * 64), ("at_raw", c.c_int64),
                ("offset_raw", c.c_int64)]


BY_RECORDED, OVER_ACCEPTED = 0, 0
vms.vms_version.restype = c.c_char_p
vms.vms_session_track.restype = c.POINTER(Track)
vms.vms_session_result.restype = c.POINTER(Result)


def checked(ret, err):
    if ret:
        sys.exit(err.msg.decode())


def main(path):
    err, trace, session = Err(), c.c_void_p(), c.c_void_p()
    paths = (c.c_char_p * 1)(os.fsencode(path))
    checked(vms.vms_trace_open(c.byref(trace), paths, 1, None, None, c.byref(err)), err)
    options = (c.c_uint64 * 64)()   # all zero: as by default
    checked(vms.vms_session_new(c.byref(session), trace, options, c.byref(err)), err)
    for nr in range(vms.vms_session_tracks_nr(session)):
        track = vms.vms_session_track(session, nr).contents
        if not track.band or not track.band.contents.segs_nr:
            print(f"vCPU {track.vcpu}: no band")
            continue
        segment = track.band.contents.segs[0]
        middle = (segment.from_raw + segment.to_raw) // 2
        lo, hi = c.c_int64(), c.c_int64()   # host time minus guest time, in units of the host's clock
        vms.vms_band_at(c.byref(segment), c.c_int64(middle), c.byref(lo), c.byref(hi))
        recorded = vms.vms_session_result(session, nr, BY_RECORDED, OVER_ACCEPTED).contents
        print(f"vCPU {track.vcpu}: band [{lo.value}, {hi.value}], recorded {recorded.offset_raw}")
    vms.vms_session_free(session)   # before the recording that it borrows
    vms.vms_trace_free(trace)


if __name__ == "__main__":
    print("libvmsync", vms.vms_version().decode())
    main(sys.argv[1] if len(sys.argv) > 1 else "trace.dat")
