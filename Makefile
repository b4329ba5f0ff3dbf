# The two commands that matter: make demo, make test. Each brings what it needs.

SWIFT ?= swift
PREFIX ?= /usr/local
DESTDIR ?=
RELEASE := .build/release/gapscope
# The dynamic linker need not look through what nobody asks this program for.
LINKING := --static-swift-stdlib -Xlinker --no-export-dynamic
# Nor need it load the library of C++ for the runtime, which finds a static one in a directory of its own.
STATIC := $(CURDIR)/.build/static
LINKING += -Xswiftc "-L$(STATIC)"
# The types of a program that starts are made by its own code, instead of by the runtime from their names.
COMPILING := -Xswiftc -Xfrontend -Xswiftc -disable-concrete-type-metadata-mangled-name-accessors
# One register more for the loop over the packets.
COMPILING += --omit-frame-pointers
SOURCES := Sources Tests Plugins Benchmarks/Sources Benchmarks/Package.swift Package.swift

.PHONY: demo test sanitize stress load soak build setup bench microbench format lint clean install uninstall completions deb

## demo      analyze the captures of Demo/ and leave the result in results.db
demo: build
	@scripts/demo $(RELEASE) results.db

## test      run all tests
test:
	@scripts/setup --tests
	@scripts/test

## sanitize  the tests of threads and of raw memory under the toolchain's sanitizers
sanitize: setup
	@scripts/sanitize

## stress    100 million packets through a FIFO: make stress STRESS="--packets 1000000"
stress: build
	@scripts/stress $(STRESS)

## load      pages of the API while a replay writes: make load LOAD="--seconds 10"
load: build
	@scripts/load $(LOAD)

## soak      capture live at the highest rate for minutes: make soak SOAK="--seconds 600"
soak: build
	@scripts/soak $(SOAK)

## build     build a release
build: setup
	@mkdir -p "$(STATIC)"
	@{ clang -print-file-name=libstdc++.a || cc -print-file-name=libstdc++.a; } 2>/dev/null | \
	  xargs -I{} ln -sfn {} "$(STATIC)/libstdc++.a"
	$(SWIFT) build -c release --product gapscope $(COMPILING) $(LINKING)

## setup     install the libraries that are missing (Debian packages)
setup:
	@scripts/setup

## bench     compare the speed with the yardstick's: make bench BENCH=--save writes the result down
bench: build
	@scripts/bench $(BENCH)

## microbench measure reading, analyzing and writing apart, in memory
microbench: setup
	$(SWIFT) run --package-path Benchmarks -c release microbenchmarks

## format    bring the sources into the form that lint asks for
format:
	$(SWIFT) format --in-place --recursive $(SOURCES)

## lint      check the form of the sources
lint:
	$(SWIFT) format lint --strict --recursive $(SOURCES)

## completions  write the shells' completions to .build/completions
completions: build
	@mkdir -p .build/completions
	$(RELEASE) --generate-completion-script bash > .build/completions/gapscope.bash
	$(RELEASE) --generate-completion-script zsh > .build/completions/_gapscope
	$(RELEASE) --generate-completion-script fish > .build/completions/gapscope.fish

## install   install under PREFIX (/usr/local): command, man page, completions
install: completions
	install -D -m 755 $(RELEASE) $(DESTDIR)$(PREFIX)/bin/gapscope
	install -D -m 644 packaging/gapscope.1 $(DESTDIR)$(PREFIX)/share/man/man1/gapscope.1
	install -D -m 644 .build/completions/gapscope.bash \
	  $(DESTDIR)$(PREFIX)/share/bash-completion/completions/gapscope
	install -D -m 644 .build/completions/_gapscope \
	  $(DESTDIR)$(PREFIX)/share/zsh/site-functions/_gapscope
	install -D -m 644 .build/completions/gapscope.fish \
	  $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/gapscope.fish

## uninstall remove what install installed
uninstall:
	rm -f $(DESTDIR)$(PREFIX)/bin/gapscope $(DESTDIR)$(PREFIX)/share/man/man1/gapscope.1 \
	  $(DESTDIR)$(PREFIX)/share/bash-completion/completions/gapscope \
	  $(DESTDIR)$(PREFIX)/share/zsh/site-functions/_gapscope \
	  $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/gapscope.fish

## deb       make a Debian package in .build
deb: build
	@scripts/deb $(RELEASE)

## clean     remove what was built
clean:
	rm -rf .build Benchmarks/.build results.db results.db-wal results.db-shm
