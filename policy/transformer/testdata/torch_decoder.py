#!/usr/bin/env python3
"""PyTorch's side of peer_test.go: trains and samples a decoder of 3.3M parameters, one request a line, JSON both ways.

Needs Debian's python3-torch and libopenblas0-pthread. d=256, 4 layers, 4 heads, LayerNorm, learned positions, an MLP
of 4·d with GELU, vocabulary 256, float32, AdamW with gradients clipped to norm 1. PyTorch's own threads are
OMP_NUM_THREADS, those of its matrix products OPENBLAS_NUM_THREADS; ATEN_CPU_CAPABILITY=avx512 lets it use AVX-512
outside of products, which it does not by itself. Its first line is
    {"version": "1.13.0a0", "parameters": 3307008}
and a request one of
    {"do": "train", "times": 3}              whole steps on 64 sequences of 64 tokens
    {"do": "sample", "batch": 64, "times": 3}   64 new tokens each after a prompt of one, with a cache
The answer is {"seconds": [...]} of each time, once no thread is waiting for more work, which keeps a processor busy
for about 0.1 s.
"""
import json, math, os, sys, time
import torch, torch.nn as nn, torch.nn.functional as F

D, L, H, V, T, B = 256, 4, 4, 256, 64, 64


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.n1, self.n2 = nn.LayerNorm(D), nn.LayerNorm(D)
        self.qkv, self.o = nn.Linear(D, 3 * D), nn.Linear(D, D)
        self.f1, self.f2 = nn.Linear(D, 4 * D), nn.Linear(4 * D, D)

    def forward(self, x, mask, cache):
        b, t, _ = x.shape
        q, k, v = self.qkv(self.n1(x)).view(b, t, 3, H, D // H).permute(2, 0, 3, 1, 4)
        if cache is not None:
            if cache:
                k, v = torch.cat([cache[0], k], 2), torch.cat([cache[1], v], 2)
            cache[:] = [k, v]
        a = q @ k.transpose(-1, -2) / math.sqrt(D // H)
        if mask is not None:
            a = a + mask
        x = x + self.o((a.softmax(-1) @ v).transpose(1, 2).reshape(b, t, D))
        return x + self.f2(F.gelu(self.f1(self.n2(x))))


class Decoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed, self.position = nn.Embedding(V, D), nn.Parameter(torch.randn(T, D) * 0.02)
        self.blocks = nn.ModuleList([Block() for _ in range(L)])
        self.norm, self.head = nn.LayerNorm(D), nn.Linear(D, V, bias=False)
        self.register_buffer("mask", torch.triu(torch.full((T, T), -1e9), 1))

    def forward(self, tokens, at=0, caches=None):
        x = self.embed(tokens) + self.position[at:at + tokens.shape[1]]
        for i, b in enumerate(self.blocks):
            x = b(x, self.mask if caches is None else None, None if caches is None else caches[i])
        return self.head(self.norm(x))


def train():
    loss = F.cross_entropy(model(inputs).view(-1, V), targets.view(-1))
    optimiser.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimiser.step()


@torch.inference_mode()
def sample(batch):
    caches, tokens = [[] for _ in range(L)], torch.zeros(batch, 1, dtype=torch.long)
    for i in range(T):
        tokens = torch.multinomial(model(tokens, i, caches)[:, -1].softmax(-1), 1)


def answer(r):
    work = {"train": train, "sample": lambda: sample(r["batch"])}[r["do"]]
    seconds = []
    for _ in range(r["times"]):
        begin = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - begin)
    fall_asleep()
    return {"seconds": seconds}


def fall_asleep():
    while True:
        used = time.process_time()
        time.sleep(0.01)
        if time.process_time() - used < 0.0005:
            return


def say(line):
    print(json.dumps(line), flush=True)


torch.manual_seed(1)
torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
model = Decoder()
optimiser = torch.optim.AdamW(model.parameters(), lr=1e-4)
inputs, targets = torch.randint(0, V, (B, T)), torch.randint(0, V, (B, T))
say({"version": torch.__version__, "parameters": sum(p.numel() for p in model.parameters())})
for line in sys.stdin:
    say(answer(json.loads(line)))
