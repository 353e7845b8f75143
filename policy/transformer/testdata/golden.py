#!/usr/bin/env python3
"""Writes testdata/golden: tiny random models as Hugging Face folders, and what they compute.

Run by hand, with Debian's python3-torch and nothing else:

    /usr/bin/python3 testdata/golden.py testdata/golden

Each folder has a config.json, one or two safetensors files, and golden.safetensors:
tokens (sequences, length), logits (sequences, length, vocab), loss (the mean over all
next tokens) and, as grad.NAME, its gradient by every parameter. The weights are
rounded to the type they are stored in; everything is computed from them in float64.
adapter is a LoRA adapter of the qwen2 model in PEFT's layout; its golden.safetensors has
the logits and the loss of the adapted model, and the gradients of A and B.
The architecture is written out after modeling_llama.py, modeling_qwen2.py and
modeling_qwen3.py of transformers, with their default eager attention.
"""
import json, math, os, struct, sys
import torch

DTYPES = {"F32": (torch.float32, "f", 4), "F16": (torch.float16, "e", 2), "BF16": (torch.bfloat16, "h", 2)}
TORCH_NAMES = {"F32": "float32", "F16": "float16", "BF16": "bfloat16"}


def write_safetensors(path, tensors, dtype):
    torch_type, letter, width = DTYPES[dtype]
    header, data = {"__metadata__": {"format": "pt"}}, b""
    for name, t in tensors.items():
        t = t.detach().to(torch_type)
        flat = (t.view(torch.int16) if dtype == "BF16" else t).flatten().tolist()
        raw = struct.pack("<%d%s" % (len(flat), letter), *flat)
        header[name] = {"dtype": dtype, "shape": list(t.shape), "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as f:
        f.write(struct.pack("<Q", len(text)) + text + data)


def shapes(c):
    d, q, kv = c["hidden_size"], c["num_attention_heads"] * head_dim(c), c["num_key_value_heads"] * head_dim(c)
    out = {"model.embed_tokens.weight": (c["vocab_size"], d)}
    for i in range(c["num_hidden_layers"]):
        p = "model.layers.%d." % i
        out[p + "input_layernorm.weight"] = (d,)
        for name, n in (("q_proj", q), ("k_proj", kv), ("v_proj", kv)):
            out[p + "self_attn." + name + ".weight"] = (n, d)
            if c["model_type"] == "qwen2":
                out[p + "self_attn." + name + ".bias"] = (n,)
        if c["model_type"] == "qwen3":
            out[p + "self_attn.q_norm.weight"] = out[p + "self_attn.k_norm.weight"] = (head_dim(c),)
        out[p + "self_attn.o_proj.weight"] = (d, q)
        out[p + "post_attention_layernorm.weight"] = (d,)
        out[p + "mlp.gate_proj.weight"] = out[p + "mlp.up_proj.weight"] = (c["intermediate_size"], d)
        out[p + "mlp.down_proj.weight"] = (d, c["intermediate_size"])
    out["model.norm.weight"] = (d,)
    if not c["tie_word_embeddings"]:
        out["lm_head.weight"] = (c["vocab_size"], d)
    return out


def random_weights(c, dtype, generator):
    w = {}
    for name, shape in shapes(c).items():
        t = torch.randn(shape, generator=generator, dtype=torch.float64)
        if name.endswith(".bias"):
            t = 0.5 * t
        elif len(shape) == 1:
            t = 1 + 0.3 * t
        else:
            t = t / math.sqrt(shape[1])
        w[name] = t.to(DTYPES[dtype][0]).to(torch.float64).requires_grad_()
    return w


def head_dim(c):
    return c.get("head_dim") or c["hidden_size"] // c["num_attention_heads"]


def inverse_frequencies(c):
    inv = 1.0 / c["rope_theta"] ** (torch.arange(0, head_dim(c), 2, dtype=torch.float64) / head_dim(c))
    s = c["rope_scaling"]
    if s is None:
        return inv
    if s["rope_type"] == "linear":
        return inv / s["factor"]
    old, low, high = s["original_max_position_embeddings"], s["low_freq_factor"], s["high_freq_factor"]
    wavelength = 2 * math.pi / inv
    scaled = torch.where(wavelength > old / low, inv / s["factor"], inv)
    smooth = (old / wavelength - low) / (high - low)
    smoothed = (1 - smooth) * scaled / s["factor"] + smooth * scaled
    medium = ~(wavelength < old / high) & ~(wavelength > old / low)
    return torch.where(medium, smoothed, scaled)


def rms_norm(x, weight, eps):
    return weight * (x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + eps))


def rotate(x, cos, sin):
    a, b = x.chunk(2, -1)
    return x * cos + torch.cat((-b, a), -1) * sin


def forward(c, w, tokens):
    S, T = tokens.shape
    heads, groups, eps = c["num_attention_heads"], c["num_attention_heads"] // c["num_key_value_heads"], c["rms_norm_eps"]
    angles = torch.arange(T, dtype=torch.float64)[:, None] * inverse_frequencies(c)[None, :]
    angles = torch.cat((angles, angles), -1)
    mask = torch.full((T, T), -math.inf, dtype=torch.float64).triu(1)
    x = w["model.embed_tokens.weight"][tokens]
    for i in range(c["num_hidden_layers"]):
        p = "model.layers.%d." % i

        def linear(x, name):
            return torch.nn.functional.linear(x, w[p + name + ".weight"], w.get(p + name + ".bias"))

        n = rms_norm(x, w[p + "input_layernorm.weight"], eps)
        q, k, v = (linear(n, "self_attn." + s).view(S, T, -1, head_dim(c)) for s in ("q_proj", "k_proj", "v_proj"))
        if c["model_type"] == "qwen3":
            q = rms_norm(q, w[p + "self_attn.q_norm.weight"], eps)
            k = rms_norm(k, w[p + "self_attn.k_norm.weight"], eps)
        q, k, v = (t.transpose(1, 2) for t in (q, k, v))
        q, k = rotate(q, angles.cos(), angles.sin()), rotate(k, angles.cos(), angles.sin())
        k, v = k.repeat_interleave(groups, 1), v.repeat_interleave(groups, 1)
        scores = q @ k.transpose(2, 3) / math.sqrt(head_dim(c)) + mask
        o = (scores.softmax(-1) @ v).transpose(1, 2).reshape(S, T, heads * head_dim(c))
        x = x + linear(o, "self_attn.o_proj")
        n = rms_norm(x, w[p + "post_attention_layernorm.weight"], eps)
        x = x + linear(torch.nn.functional.silu(linear(n, "mlp.gate_proj")) * linear(n, "mlp.up_proj"), "mlp.down_proj")
    x = rms_norm(x, w["model.norm.weight"], eps)
    return x @ w["model.embed_tokens.weight" if c["tie_word_embeddings"] else "lm_head.weight"].T


def write_model(folder, c, dtype, shards, seed):
    generator = torch.Generator().manual_seed(seed)
    w = random_weights(c, dtype, generator)
    tokens = torch.randint(c["vocab_size"], (2, 12), generator=generator)
    logits = forward(c, w, tokens)
    loss = torch.nn.functional.cross_entropy(logits[:, :-1].reshape(-1, c["vocab_size"]), tokens[:, 1:].reshape(-1))
    loss.backward()
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "config.json"), "w") as f:
        json.dump(dict(c, torch_dtype=TORCH_NAMES[dtype]), f, indent=2, sort_keys=True)
        f.write("\n")
    if shards == 1:
        write_safetensors(os.path.join(folder, "model.safetensors"), w, dtype)
    else:
        where = {n: "model-%05d-of-%05d.safetensors" % (1 + i * shards // len(w), shards) for i, n in enumerate(w)}
        for s in sorted(set(where.values())):
            write_safetensors(os.path.join(folder, s), {n: t for n, t in w.items() if where[n] == s}, dtype)
        with open(os.path.join(folder, "model.safetensors.index.json"), "w") as f:
            size = sum(t.numel() for t in w.values()) * DTYPES[dtype][2]
            json.dump({"metadata": {"total_size": size}, "weight_map": where}, f, indent=1, sort_keys=True)
            f.write("\n")
    golden = {"tokens": tokens, "logits": logits, "loss": loss.reshape(1)}
    golden.update(("grad." + n, t.grad) for n, t in w.items())
    write_safetensors(os.path.join(folder, "golden.safetensors"), golden, "F32")
    return w, tokens


def write_adapter(folder, c, model, targets, rank, alpha, seed):
    """The changed weights are W + alpha/rank * B @ A, as in peft.tuners.lora.layer.Linear."""
    w, tokens = model
    generator = torch.Generator().manual_seed(seed)
    changed, adapter = dict(w), {}
    for name, t in w.items():
        if name.endswith(".weight") and name.split(".")[-2] in targets:
            path = "base_model.model." + name[: -len(".weight")]
            a = torch.randn(rank, t.shape[1], generator=generator).double().div(4).requires_grad_()
            b = torch.randn(t.shape[0], rank, generator=generator).double().div(4).requires_grad_()
            a.data, b.data = a.data.float().double(), b.data.float().double()
            adapter[path + ".lora_A.weight"], adapter[path + ".lora_B.weight"] = a, b
            changed[name] = t.detach() + alpha / rank * b @ a
    logits = forward(c, changed, tokens)
    loss = torch.nn.functional.cross_entropy(logits[:, :-1].reshape(-1, c["vocab_size"]), tokens[:, 1:].reshape(-1))
    loss.backward()
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "adapter_config.json"), "w") as f:
        json.dump(dict(peft_type="LORA", task_type="CAUSAL_LM", r=rank, lora_alpha=alpha, target_modules=targets, bias="none",
                       lora_dropout=0.0, base_model_name_or_path=None, fan_in_fan_out=False, use_rslora=False, use_dora=False,
                       rank_pattern={}, alpha_pattern={}, modules_to_save=None, inference_mode=True), f, indent=2, sort_keys=True)
        f.write("\n")
    write_safetensors(os.path.join(folder, "adapter_model.safetensors"), adapter, "F32")
    golden = {"tokens": tokens, "logits": logits, "loss": loss.reshape(1)}
    golden.update(("grad." + n, t.grad) for n, t in adapter.items())
    write_safetensors(os.path.join(folder, "golden.safetensors"), golden, "F32")


def main(out):
    same = dict(bos_token_id=0, eos_token_id=1, hidden_act="silu", num_hidden_layers=2, use_cache=True,
                max_position_embeddings=64, initializer_range=0.02, attention_dropout=0.0, transformers_version="4.51.0")
    llama3 = dict(rope_type="llama3", factor=8.0, low_freq_factor=0.1, high_freq_factor=1.0, original_max_position_embeddings=16)
    write_model(os.path.join(out, "llama"), dict(
        same, model_type="llama", architectures=["LlamaForCausalLM"], vocab_size=20, hidden_size=16, intermediate_size=20,
        num_attention_heads=2, num_key_value_heads=1, head_dim=8, rms_norm_eps=1e-5, rope_theta=10000.0, rope_scaling=llama3,
        tie_word_embeddings=True, attention_bias=False, mlp_bias=False, pretraining_tp=1), "BF16", 2, 1)
    qwen2 = dict(
        same, model_type="qwen2", architectures=["Qwen2ForCausalLM"], vocab_size=19, hidden_size=16, intermediate_size=18,
        num_attention_heads=4, num_key_value_heads=2, rms_norm_eps=1e-6, rope_theta=1000000.0,
        rope_scaling=dict(rope_type="linear", factor=2.0), tie_word_embeddings=False, use_sliding_window=False,
        sliding_window=32, max_window_layers=1)
    model = write_model(os.path.join(out, "qwen2"), qwen2, "F32", 1, 2)
    write_adapter(os.path.join(out, "adapter"), qwen2, model, ["v_proj", "down_proj"], 2, 6, 4)
    write_model(os.path.join(out, "qwen3"), dict(
        same, model_type="qwen3", architectures=["Qwen3ForCausalLM"], vocab_size=21, hidden_size=14, intermediate_size=22,
        num_attention_heads=3, num_key_value_heads=3, head_dim=6, rms_norm_eps=1e-6, rope_theta=1000.0, rope_scaling=None,
        tie_word_embeddings=True, attention_bias=False, use_sliding_window=False, sliding_window=None,
        max_window_layers=2), "F16", 1, 3)


main(sys.argv[1])
