#!/usr/bin/env python3
"""OpenBLAS's side of peer_test.go: times products, one request a line, JSON both ways.

Needs Debian's libopenblas0-pthread and nothing but Python's own library. Its first line is
    {"core": "SkylakeX", "version": "OpenBLAS 0.3.21 ..."}
where core is the kernels that OPENBLAS_CORETYPE chose. A request is
    {"m": 64, "n": 256, "k": 256, "ta": false, "tb": true, "batch": 1, "threads": 2, "budget": 0.06}
for batch independent row-major products C = A·B of m×k and k×n matrices, A or B given transposed, one
after the other. With m = 1 and B transposed it is sgemv, which is faster than sgemm. The answer is {"seconds": s}: of the whole
batch, the median over loops that take about budget seconds, less what the same calls take with a
dimension of 0, which is Python's part. It comes once the library's threads have stopped
waiting for more work, which keeps a processor busy for about 0.1 s.
"""
import array, ctypes, itertools, json, mmap, random, statistics, sys, time

ROWS, PLAIN, TRANSPOSED = 101, 111, 112  # CblasRowMajor, CblasNoTrans, CblasTrans
ONE, ZERO = ctypes.c_float(1), ctypes.c_float(0)

blas = ctypes.CDLL("libopenblas.so.0")
blas.openblas_get_corename.restype = blas.openblas_get_config.restype = ctypes.c_char_p
rng = random.Random(1)
VALUES = array.array("f", [rng.gauss(0, 1) for _ in range(4093)])


def matrices(rows, columns, batch, memory):
    """The addresses of batch matrices of random numbers, one after the other from the beginning of a page."""
    size = rows * columns
    pages = mmap.mmap(-1, 4 * size * batch)
    pages.write((VALUES * (size * batch // len(VALUES) + 1))[:size * batch].tobytes())
    numbers = (ctypes.c_float * (size * batch)).from_buffer(pages)
    memory.append(numbers)
    return [ctypes.c_void_p(ctypes.addressof(numbers) + 4 * size * i) for i in range(batch)]


def call(r, a, b, c, rows):
    """A product as a function and its arguments, with only the first rows of the m×k matrix, or of n if m = 1."""
    m, n, k = r["m"], r["n"], r["k"]
    if m == 1 and r["tb"]:
        return blas.cblas_sgemv, (ROWS, PLAIN, rows, k, ONE, b, k, a, 1, ZERO, c, 1)
    how = (TRANSPOSED if r["ta"] else PLAIN, TRANSPOSED if r["tb"] else PLAIN)
    return blas.cblas_sgemm, (ROWS, *how, rows, n, k, ONE, a, m if r["ta"] else k, b, k if r["tb"] else n, ZERO, c, n)


def loop(calls, n):
    begin = time.perf_counter()
    for _ in itertools.repeat(None, n):
        for f, arguments in calls:
            f(*arguments)
    return (time.perf_counter() - begin) / n


def seconds(calls, budget):
    loop(calls, 1)
    n = int(0.002 / loop(calls, 1)) + 1
    loops, end = [], time.perf_counter() + budget
    while len(loops) < 3 or time.perf_counter() < end:
        loops.append(loop(calls, n))
    return statistics.median(loops)


def fall_asleep():
    while True:
        used = time.process_time()
        time.sleep(0.01)
        if time.process_time() - used < 0.0005:
            return


def answer(r, kept):
    m, n, k, batch = shape = tuple(r[key] for key in ("m", "n", "k", "batch"))
    if kept.get("shape") != shape:
        kept.clear()
        memory = []
        operands = list(zip(*(matrices(*s, batch, memory) for s in ((m, k), (k, n), (m, n)))))
        kept.update(shape=shape, memory=memory, operands=operands)
    blas.openblas_set_num_threads(r["threads"])
    work = [call(r, *o, n if m == 1 else m) for o in kept["operands"]]
    nothing = [call(r, *o, 0) for o in kept["operands"]]
    s = seconds(work, r["budget"]) - seconds(nothing, r["budget"] / 4)
    fall_asleep()
    return {"seconds": s}


def say(line):
    print(json.dumps(line), flush=True)


kept = {}
say({"core": blas.openblas_get_corename().decode(), "version": blas.openblas_get_config().decode()})
for line in sys.stdin:
    say(answer(json.loads(line), kept))
