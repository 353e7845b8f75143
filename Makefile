# make test is the one test command. It needs Go, and Chromium for the tests of
# the HTML pages; as root on Debian it installs Chromium itself.

GO ?= go
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2

# The build tags of tests that need more than Go, and those of all code.
TAGS := browser,full
ALL_TAGS := $(TAGS),peers

GENERATOR := policy/transformer/kernel/asm

CHROMIUM = $(shell command -v chromium || command -v chromium-browser || command -v google-chrome)

# What runs arm64 programs on another processor.
QEMU = $(shell command -v qemu-aarch64 || command -v qemu-aarch64-static)

# The tests of the transformer that compare numbers.
NUMBERS := Golden|Reproduce|Gradient|Invariance|Threads|Overfit|Architecture|Checkpointed

# install is the command that installs Debian's package $(1), or says that it is
# needed for $(2).
install = if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $(1); \
	else \
		echo "make: $(2) needs: apt-get install $(1)" >&2; exit 1; \
	fi

.PHONY: test crashes arm race lint format vet cross asm asm-check packages emulator policy bench-peers bench-growth bench-memory

# All tests, with format and vet.
test: packages format vet
	$(GO) test -timeout 30m -tags '$(TAGS)' ./...

# The kernels' tests on an emulated arm64 processor, for the NEON code, and those
# tests of the transformer that compare numbers: all would take an hour.
arm: emulator
	CGO_ENABLED=0 GOOS=linux GOARCH=arm64 $(GO) vet ./policy/transformer/...
	CGO_ENABLED=0 GOOS=linux GOARCH=arm64 $(GO) test -exec '$(QEMU)' -timeout 30m ./policy/transformer/kernel ./policy/transformer/kernel/kerneltest
	CGO_ENABLED=0 GOOS=linux GOARCH=arm64 $(GO) test -exec '$(QEMU)' -timeout 30m -run '$(NUMBERS)' ./policy/transformer

# Kills, power cuts and bad disks, many of them.
crashes:
	SUREFOOT_KILLS=200 SUREFOOT_CRASHES=20 $(GO) test -timeout 60m -v -run 'Kill|PowerCut|Lying|Flipped|Interrupted' ./memory

# All tests under the race detector, which needs cgo and a C compiler.
race:
	@command -v $${CC:-gcc} >/dev/null || { echo "make race: the race detector needs a C compiler: apt-get install gcc libc6-dev" >&2; exit 1; }
	CGO_ENABLED=1 $(GO) test -race -timeout 30m ./...

lint: format vet asm-check
	$(GO) run $(STATICCHECK) -tags '$(ALL_TAGS)' ./...
	cd $(GENERATOR) && $(GO) run $(STATICCHECK) ./...

format:
	@out=$$(gofmt -l .) || exit 1; if [ -n "$$out" ]; then echo "not gofmt'ed:" $$out >&2; exit 1; fi

vet:
	$(GO) vet -tags '$(ALL_TAGS)' ./...

# The assembly for amd64, written by a program that is a module of its own; and
# whether what is committed is what it writes.
asm:
	$(GO) run -C $(GENERATOR) .

asm-check:
	$(GO) vet -C $(GENERATOR) ./...
	$(GO) run -C $(GENERATOR) . -check

# No cgo anywhere, and no system that does not compile. Slow the first time: it
# compiles SQLite for each.
cross:
	CGO_ENABLED=0 $(GO) build ./...
	CGO_ENABLED=0 GOOS=darwin GOARCH=arm64 $(GO) build ./...
	CGO_ENABLED=0 GOOS=windows GOARCH=amd64 $(GO) build ./...
	CGO_ENABLED=0 GOOS=linux GOARCH=386 $(GO) build ./policy/...

packages:
	@[ -n "$(CHROMIUM)" ] || { $(call install,chromium,the test of the HTML pages); }

emulator:
	@[ -n "$(QEMU)" ] || { $(call install,qemu-user,make arm); }

# The policy file that the binary carries, made anew: see CONTRIBUTING.md.
policy:
	@[ -n "$(ALFWORLD_DATA)" ] || { echo "make policy: set ALFWORLD_DATA to the folder of the official ALFWorld games (json_2.1.1)" >&2; exit 1; }
	$(GO) run ./cmd/agentctl train --suite alfworld --data '$(ALFWORLD_DATA)' --out policy/shipped/household.safetensors --force

# Side by side with OpenBLAS and PyTorch, in one run, and what the processor can
# do at most; then what is compared with the bandwidth of the memory. Takes about
# 10 minutes of a machine that does nothing else. As root on Debian it installs
# what it lacks.
bench-peers:
	@$${SUREFOOT_PYTHON:-/usr/bin/python3} -c 'import ctypes, torch; ctypes.CDLL("libopenblas.so.0")' 2>/dev/null || \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends python3-torch libopenblas0-pthread; \
	else \
		echo "make bench-peers: it compares with OpenBLAS and PyTorch: apt-get install python3-torch libopenblas0-pthread" >&2; exit 1; \
	fi
	$(GO) test -tags peers -timeout 60m -run '^$$' -bench 'Peer|Peak' -benchtime 9x ./policy/transformer/kernel ./policy/transformer
	$(GO) test -timeout 60m -run '^$$' -bench 'Frozen/B=1$$|Open' ./policy/transformer

# How the cost of training and sampling grows with the model, the length and the
# number of sequences. Takes about 10 minutes.
bench-growth:
	$(GO) test -tags peers -timeout 60m -run '^$$' -bench Growth -benchtime 0.5s ./policy/transformer

# The cost of a memory of 1,000 to 1,000,000 items beside that of plain chromem-go,
# and how many episodes a second are durable beside how often the disk can sync.
# Takes about 20 minutes, 10 GB of memory and 12 GB of disk; SIZES=1k, 10k, 100k or
# 1M measures one size.
SIZES = 1

bench-memory:
	$(GO) test -p 1 -timeout 120m -run '^$$' -bench 'Scale/.*items=$(SIZES)' -benchtime 1x ./memory ./memory/index
	$(GO) test -timeout 60m -run '^$$' -bench Record -benchtime 5s ./memory
