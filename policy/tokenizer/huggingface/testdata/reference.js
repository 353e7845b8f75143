// Writes golden.json: what the Rust library makes of the texts in texts.json
// with the tokenizers in shapes.json, and the models they are put together from.
//
//     npm install tokenizers@0.23.2   # in any folder, say DIR
//     NODE_PATH=DIR/node_modules node testdata/reference.js testdata
//
// A shape is a tokenizer.json in which complete() fills in the numbers of added
// tokens and a model of models.json: {"tokens": in order, "merges": pairs}.
// The models are trained here, on the text below.
"use strict";
const fs = require("fs");
const crypto = require("crypto");
const { Tokenizer, nfcNormalizer } = require("tokenizers");

const dir = process.argv[2];
const read = (name) => JSON.parse(fs.readFileSync(`${dir}/${name}`, "utf8"));

const corpus = `the cat sat on the mat and the dog's dog didn't see that they're there
we've seen 12 123 1234 and 2024 of 100 100 100 it's I'm I'll he'd HE'S
 hello  hello   world    world;  hello, world!!! hello... (see) [this] {that}
    return x == y && z != 3
	tab	tab	tab
naïve café über Ångström żółć 你好 世界 你好世界 こんにちは 안녕 안녕하세요 👩‍👩‍👧 👍🏽 ❤️ ½ Ⅷ ٣
`.repeat(2) + "\n\n\n\r\n\r\nthe the the the hello hello";

function alphabet() {
  const a = [];
  let next = 256;
  for (let b = 0; b < 256; b++) {
    const seen = (b >= 33 && b <= 126) || (b >= 161 && b <= 172) || b >= 174;
    a.push(String.fromCodePoint(seen ? b : next++));
  }
  return a;
}

// train merges the most frequent pair, of equals the first in order of code
// points, n times.
function train(words, n) {
  const tokens = new Set();
  const merges = [];
  for (let k = 0; k < n; k++) {
    const count = new Map();
    for (const w of words) {
      for (let i = 0; i + 1 < w.length; i++) {
        const p = w[i] + " " + w[i + 1];
        count.set(p, (count.get(p) || 0) + 1);
      }
    }
    let best = null;
    for (const [p, c] of count) {
      if (best === null || c > count.get(best) || (c === count.get(best) && p < best)) best = p;
    }
    if (best === null) break;
    const [left, right] = best.split(" ");
    merges.push([left, right]);
    tokens.add(left + right);
    for (const w of words) {
      for (let i = 0; i + 1 < w.length; i++) {
        if (w[i] === left && w[i + 1] === right) w.splice(i, 2, left + right);
      }
    }
  }
  return { tokens: [...tokens], merges };
}

function models() {
  const a = alphabet();
  const words = (corpus.match(/ ?[^\s]+|\s+/g)).map((w) => [...Buffer.from(w)].map((b) => a[b]));
  const bytes = train(words, 170);
  const marked = ("▁" + corpus.replace(/ /g, "▁")).match(/▁*[^▁]+|▁+/g).map((w) => [...w]);
  const chars = [...new Set([..."▁abcdefghijklmnopqrstuvwxyzHEIL0123456789'.,!;()你好世界é½"])];
  const sp = train(marked.filter((w) => w.every((c) => chars.includes(c))), 120);
  const byteNames = [...Array(256).keys()].map((b) => `<0x${b.toString(16).toUpperCase().padStart(2, "0")}>`);
  return {
    // Two words that no merges lead to.
    bytes: { tokens: [...a, ...bytes.tokens, "Ġzebra", "zebra"], merges: bytes.merges },
    pieces: { tokens: ["<unk>", "<s>", "</s>", ...byteNames, ...chars, ...sp.tokens], merges: sp.merges },
    plain: { tokens: ["<unk>", ...chars, ...sp.tokens], merges: sp.merges },
  };
}

function complete(shape, models) {
  const s = structuredClone(shape);
  const m = models[s.model.of];
  delete s.model.of;
  s.model.vocab = Object.fromEntries(m.tokens.map((t, i) => [t, i]));
  s.model.merges = s.model.merges === "strings" ? m.merges.map((p) => p.join(" ")) : m.merges;
  // Numbers of added tokens and in templates are in order of the file.
  let next = m.tokens.length;
  const ids = { ...s.model.vocab };
  for (const t of s.added_tokens) t.id = ids[t.content] ??= next++;
  for (const p of s.post_processor?.processors ?? [s.post_processor]) {
    for (const t of Object.values(p?.special_tokens ?? {})) t.ids = t.tokens.map((name) => ids[name]);
  }
  return s;
}

// random gives the nth random text; the tests do the same.
function random(n, fragments) {
  let x = (n + 1) >>> 0;
  const next = (k) => {
    x = (Math.imul(x, 1664525) + 1013904223) >>> 0;
    return (x >>> 8) % k;
  };
  let text = "";
  for (let i = next(24); i >= 0; i--) text += fragments[next(fragments.length)];
  return text;
}

(async () => {
  const made = models();
  fs.writeFileSync(`${dir}/models.json`, JSON.stringify(made) + "\n");
  const { texts, fragments } = read("texts.json");
  const golden = { shapes: {} };
  for (const [name, shape] of Object.entries(read("shapes.json"))) {
    const t = Tokenizer.fromString(JSON.stringify(complete(shape, made)));
    const g = { tokens: [], framed: [], text: [], plain: [], random: [] };
    const encode = async (s, all) => (await t.encode(s, null, { addSpecialTokens: all })).getIds();
    for (const s of texts) {
      const ids = await encode(s, false);
      g.tokens.push(ids.join(" "));
      const text = await t.decode(ids, false), plain = await t.decode(ids, true);
      g.text.push(text === s ? 0 : text); // 0: as it was
      g.plain.push(plain === text ? 0 : plain); // 0: the same
    }
    g.framed = (await encode("hello", true)).join(" ");
    for (let block = 0; block < 8; block++) {
      const h = crypto.createHash("sha256");
      for (let n = 0; n < 500; n++) {
        const ids = await encode(random(block * 500 + n, fragments), false);
        h.update(ids.join(" ") + "\n" + (await t.decode(ids.reverse(), false)) + "\n");
      }
      g.random.push(h.digest("hex").slice(0, 16));
    }
    golden.shapes[name] = g;
  }
  // Every character of Unicode in form C, alone and with marks, 4096 to a digest,
  // but those that the library's tables, of Unicode 10, do not know yet.
  const nfc = nfcNormalizer();
  golden.nfc = [];
  golden.nfcUnknown = [];
  for (let block = 0; block < 0x110; block++) {
    const h = crypto.createHash("sha256");
    for (let c = block * 4096; c < (block + 1) * 4096; c++) {
      if (c >= 0xd800 && c < 0xe000) continue;
      const s = String.fromCodePoint(c), text = "a" + s + "\u0323\u0301" + s + s;
      const form = nfc.normalizeString(text);
      if (form === text.normalize("NFC")) h.update(form + "\n");
      else golden.nfcUnknown.push(c);
    }
    golden.nfc.push(h.digest("hex").slice(0, 8));
  }
  // The same for how the patterns class characters, where Unicode is settled.
  const all = read("shapes.json");
  golden.classes = {};
  for (const name of ["gpt2", "llama3", "smollm2"]) {
    const t = Tokenizer.fromString(JSON.stringify(complete(all[name], made)));
    const h = crypto.createHash("sha256");
    for (const [lo, hi] of [[0, 0x530], [0x2000, 0x2070], [0x2150, 0x2190], [0x3000, 0x3040], [0x4e00, 0x4e10], [0x1f600, 0x1f610]]) {
      for (let c = lo; c < hi; c++) {
        const s = String.fromCodePoint(c);
        const e = await t.encode("the" + s + "the 1" + s + "1 ." + s + "'" + s + "\n" + s, null, { addSpecialTokens: false });
        h.update(e.getIds().join(" ") + "\n");
      }
    }
    golden.classes[name] = h.digest("hex").slice(0, 16);
  }
  fs.writeFileSync(`${dir}/golden.json`, JSON.stringify(golden, null, 0) + "\n");
})();
