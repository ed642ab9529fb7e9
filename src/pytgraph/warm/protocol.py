# SPDX-License-Identifier: Apache-2.0
"""What the worker and tgraph say to each other.

Everything is in native little-endian byte order; both ends run on one machine.

Socket (SOCK_STREAM, one pair a worker), tgraph to worker, 32 bytes each:

    offset size field
    0      4    magic 0x51524754 ("TGRQ")
    4      2    version, 1
    6      2    type: 1 RUN, 2 QUIT, 3 PING, 4 FINISH
    8      4    seq, chosen by tgraph, repeated in every answer
    12     4    flags, 0
    16     4    size, bytes of payload that follow on the socket (RUN only)
    20     4    reserved, 0
    24     8    key, digest of what the worker must share (advice only)

The payload of RUN is one JSON object in UTF-8 with surrogateescape:
{"args": [...], "env": {...}, "isolation": WAY, "parts": N}. `args` is the
argument vector of the plain command after `run`; `env` maps names to values that
replace those of the worker's environment (null removes a name); `isolation` is
"batch" or "shared" if the file may run in company (lasting.py), else it is not
there; nor is `parts`, unless its tests may run in so many processes at once
(runner/parts.py).

FINISH ends the process that stays for files in company: what lingers is
answered. A RUN without `isolation` does so too.

Worker to tgraph, 40 bytes each:

    0      4    magic 0x53524754 ("TGRS")
    4      2    version, 1
    6      2    type: 1 READY, 2 STARTED, 3 DONE, 4 ERROR, 5 PONG, 6 LINGERS
                (the tests of this request are over; DONE or AGAIN comes later,
                the next RUN may come now), 7 AGAIN (its result does not
                count, it has to run alone)
    8      4    seq
    12     4    status (signed): DONE: the child's raw wait status; AGAIN: that
                of an exit if the file has failed behind others in one process
    16     4    pid: READY: the worker's; STARTED, DONE: that of the process
                which runs the file, and its process group (DONE: 0xFFFFFFFF
                if that goes on); ERROR: 0xFFFFFFFF
    20     4    size, bytes of payload
    24     8    offset, DONE: absolute position of the payload in the ring, its
                first byte lies at offset % capacity and it may wrap;
                2**64 - 1: not in the ring. Without a size there is no
                result, and 2**64 - 1 - offset is the errno for which log
                or result can't be written; the result file has that size
    32     8    usec, DONE: wall microseconds from fork to reaping

The payload of ERROR (message text) follows on the socket. After an ERROR the
worker ends with exit code 3.

Ring (shared memory): 64 bytes of header, then the data.

    0      4    magic 0x47524754 ("TGRG")
    4      4    version, 1
    8      8    capacity, bytes of data, a power of two
    16     8    head, absolute consumer position, written by tgraph
    24     8    tail, absolute producer position, written by the child
    32     8    line in its file of the test that runs now, 0: none; written by
                the child
    40     8    1: tgraph ends the child, for its time; 0 before
    64          data

The producer is the process that has waited for the one that ran the file; a
worker has one at a time. It writes the result file, the result, then the new
tail. A result that does not fit is left out.
"""

import struct

VERSION = 1
REQUEST = struct.Struct("<IHHIIIIQ")
RESULT = struct.Struct("<IHHIiIIQQ")
REQUEST_MAGIC = 0x51524754
RESULT_MAGIC = 0x53524754
RING_MAGIC = 0x47524754
RUN, QUIT, PING, FINISH = 1, 2, 3, 4
READY, STARTED, DONE, ERROR, PONG, LINGERS, AGAIN = 1, 2, 3, 4, 5, 6, 7
COMPANY = ("batch", "shared")
NO_PID = 0xFFFFFFFF
NO_OFFSET = 0xFFFFFFFFFFFFFFFF
MAX_PAYLOAD = 16 << 20
RING_HEADER = 64


class ProtocolError(Exception):
    """The other end sent something that this page does not allow."""


def read_exactly(sock, size):
    """`size` bytes from the socket; b"" at a clean end of stream; a
    ProtocolError when it ends in the middle."""
    parts = []
    left = size
    while left:
        part = sock.recv(left)
        if not part:
            if left == size:
                return b""
            raise ProtocolError("connection ended in the middle of a message")
        parts.append(part)
        left -= len(part)
    return b"".join(parts)


def decode_request(header):
    """(type, seq, size, key) of a 32-byte header; ProtocolError."""
    (magic, version, kind, seq, flags, size, reserved,
     key) = REQUEST.unpack(header)
    if magic != REQUEST_MAGIC:
        raise ProtocolError("bad request magic 0x%08x" % magic)
    if version != VERSION:
        raise ProtocolError("request version %d, expected %d"
                            % (version, VERSION))
    if kind not in (RUN, QUIT, PING, FINISH):
        raise ProtocolError("unknown request type %d" % kind)
    if flags or reserved:
        raise ProtocolError("request with unknown flags")
    if size > MAX_PAYLOAD or (size and kind != RUN):
        raise ProtocolError("request payload of %d bytes" % size)
    return kind, seq, size, key


def decode_run(payload):
    """(args, env, isolation or None, parts, log or None) of a RUN payload;
    ProtocolError."""
    import json
    try:
        doc = json.loads(payload.decode("utf-8", "surrogateescape"))
    except ValueError as exc:
        raise ProtocolError("request payload is not JSON: %s" % exc)
    args = doc.get("args") if isinstance(doc, dict) else None
    env = doc.get("env", {}) if isinstance(doc, dict) else None
    if not isinstance(args, list) or \
            not all(isinstance(a, str) and "\0" not in a for a in args):
        raise ProtocolError("request payload: args is not a list of strings")
    if not isinstance(env, dict):
        raise ProtocolError("request payload: env is not an object")
    for name, value in env.items():
        if not name or "=" in name or "\0" in name or \
                not (value is None or isinstance(value, str)) or \
                "\0" in (value or ""):
            raise ProtocolError("request payload: bad environment %r" % name)
    isolation = doc.get("isolation")
    if isolation is not None and isolation not in COMPANY:
        raise ProtocolError("request payload: bad isolation %r" % (isolation,))
    parts = doc.get("parts", 1)
    if not isinstance(parts, int) or parts < 1:
        raise ProtocolError("request payload: bad parts %r" % (parts,))
    observe = doc.get("observe")
    if observe is not None and (not isinstance(observe, str) or
                                "\0" in observe):
        raise ProtocolError("request payload: bad log %r" % (observe,))
    return args, env, isolation, parts, observe


def encode_result(kind, seq=0, status=0, pid=NO_PID, size=0,
                  offset=NO_OFFSET, usec=0):
    """The 40 bytes of an answer."""
    return RESULT.pack(RESULT_MAGIC, VERSION, kind, seq, status, pid, size,
                       offset, usec)


class Ring:
    """The producer's view of the shared ring; the mapping outlives the
    descriptor, so a test that closes descriptors does not break it."""

    def __init__(self, fd):
        """Map the ring of descriptor `fd`; ProtocolError if it is not one."""
        import mmap
        import os
        size = os.fstat(fd).st_size
        if size < RING_HEADER:
            raise ProtocolError("ring of %d bytes" % size)
        self.map = mmap.mmap(fd, size)
        magic, version, capacity = struct.unpack_from("<IIQ", self.map, 0)
        if magic != RING_MAGIC or version != VERSION:
            raise ProtocolError("bad ring header")
        if capacity == 0 or capacity & (capacity - 1) or \
                capacity > size - RING_HEADER:
            raise ProtocolError("bad ring capacity %d" % capacity)
        self.capacity = capacity

    def tail(self):
        return struct.unpack_from("<Q", self.map, 24)[0]

    def at_line(self, line):
        """Say that the test of this line runs; 0: none."""
        struct.pack_into("<Q", self.map, 32, line)

    def start(self):
        """A child is made."""
        struct.pack_into("<Q", self.map, 40, 0)

    def stopped(self):
        """Has tgraph ended it for its time?"""
        return struct.unpack_from("<Q", self.map, 40)[0] == 1

    def head(self):
        return struct.unpack_from("<Q", self.map, 16)[0]

    def write(self, data):
        """Append `data` (bytes); False if there is no room for it."""
        tail = self.tail()
        used = tail - self.head()
        size = len(data)
        if used < 0 or used > self.capacity or size > self.capacity - used:
            return False
        at = tail % self.capacity
        first = min(size, self.capacity - at)
        base = RING_HEADER
        self.map[base + at:base + at + first] = data[:first]
        if first < size:
            self.map[base:base + size - first] = data[first:]
        struct.pack_into("<Q", self.map, 24, tail + size)
        return True


class Wire:
    """The connection to tgraph, shared by the worker and its sessions."""

    def __init__(self, sock, ring):
        self.sock = sock
        self.ring = ring

    def send(self, kind, payload=b"", **fields):
        self.sock.sendall(encode_result(kind, **fields) + payload)
