"""Bytes to be stored and fetched: small ones from a seed, large ones that cost no memory."""
import hashlib
import os
import random

STEP = 1 << 20


class Content:
    """`size` bytes; read(begin, end) gives any stretch of them."""

    size = 0

    def read(self, begin, end):
        raise NotImplementedError

    def pieces(self, begin=0, end=None):
        end = self.size if end is None else end
        while begin < end:
            until = min(end, begin + STEP)
            yield self.read(begin, until)
            begin = until

    def digest(self, algorithm):
        known = self.__dict__.setdefault("digests", {})
        if algorithm not in known:
            hasher = hashlib.new(algorithm)
            for piece in self.pieces():
                hasher.update(piece)
            known[algorithm] = hasher
        return known[algorithm]

    def hex(self, algorithm="sha256"):
        return self.digest(algorithm).hexdigest()

    def is_in(self, path):
        """Whether the file holds exactly these bytes."""
        if os.stat(path).st_size != self.size:
            return False
        with open(path, "rb") as stream:
            return all(stream.read(len(piece)) == piece for piece in self.pieces())

    def write_to(self, path):
        with open(path, "wb") as out:
            for piece in self.pieces():
                out.write(piece)


class Plain(Content):
    def __init__(self, data):
        self.data, self.size = data, len(data)

    def read(self, begin, end):
        return self.data[begin:end]


class Sparse(Content):
    """Zeros, with sixteen bytes of its own at the start, around the middle and at the end. On a drive it takes no room."""

    def __init__(self, size, seed=1):
        self.size = size
        draw = random.Random(seed)
        places = {0, max(0, size // 2 - 8), max(0, size - 16)}
        self.marks = {at: draw.randbytes(min(16, size - at)) for at in places}
        self.zeros = bytes(STEP)

    def read(self, begin, end):
        hit = [at for at, mark in self.marks.items() if at < end and at + len(mark) > begin]
        if not hit:
            return self.zeros[:end - begin]
        piece = bytearray(end - begin)
        for at in hit:
            for offset, value in enumerate(self.marks[at], at):
                if begin <= offset < end:
                    piece[offset - begin] = value
        return bytes(piece)

    def write_to(self, path):
        with open(path, "wb") as out:
            out.truncate(self.size)
            for at, mark in self.marks.items():
                out.seek(at)
                out.write(mark)


def drawn(size, seed):
    """`size` bytes that compress to nothing, the same for the same seed."""
    return Plain(random.Random(f"{seed}/{size}").randbytes(size))
