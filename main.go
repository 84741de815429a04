// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

// Command terraform-provider-flux2 is a Terraform and OpenTofu provider for
// FLUX.2 images on fal. Engines start it; with the argument emulate it serves
// an emulator of fal instead.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"syscall"
	"time"

	"github.com/flux2-provider/terraform-provider-flux2/internal/emulator"
	"github.com/flux2-provider/terraform-provider-flux2/internal/provider"
)

// version is set by the linker in releases.
var version = "dev"

func main() {
	ctx := context.Background()
	if len(os.Args) > 1 && os.Args[1] == "emulate" {
		os.Exit(emulator.Command(ctx, os.Args[2:], os.Stdin, os.Stdout, os.Stderr))
	}
	debugger := flag.Bool("debug", false, "serve a debugger: print how engines attach to this process")
	showVersion := flag.Bool("version", false, "print the version and exit")
	flag.Usage = func() {
		_, _ = fmt.Fprintln(flag.CommandLine.Output(), "Usage: terraform-provider-flux2 [options]\n"+
			"       terraform-provider-flux2 emulate [-h] [options] [-- COMMAND ...]\n\nOptions:")
		flag.PrintDefaults()
	}
	flag.Parse()
	if flag.NArg() > 0 {
		fmt.Fprintf(os.Stderr, "unexpected argument %q\n", flag.Arg(0))
		flag.Usage()
		os.Exit(2)
	}
	if *showVersion {
		fmt.Println(buildVersion())
		return
	}
	// net/http has a logger of its own, which can't be replaced: with GODEBUG set
	// to http2debug it writes headers there, and without it what a server sends
	// unasked. Engines keep all that the provider says.
	log.SetOutput(io.Discard)
	if !*debugger {
		ignoreFirstSignals()
		go endAfter(os.Getppid())
	}
	if err := provider.Serve(provider.New(buildVersion()), *debugger); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// ignoreFirstSignals gives calls that are under way the time to say what they have
// paid for, or to cancel it. Whoever ends a whole process group, as timeout, many
// pipelines and a terminal that is closed do, ends the engine with it. That asks
// its providers to stop, or is gone at once, and to write to it is an error then
// that would end this process. So the first SIGTERM and the first SIGHUP are
// ignored. The plugin library does the same for Ctrl-C.
func ignoreFirstSignals() {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGPIPE)
	go func() {
		for received := range signals {
			if received != syscall.SIGPIPE {
				signal.Reset(received)
			}
		}
	}()
}

// exitDelay is more than interrupted calls take.
const exitDelay = 5 * time.Second

// endAfter ends this process some time after its parent, if that ends. The next
// run waits for that: what this one has noted of its submissions is locked.
func endAfter(parent int) {
	for os.Getppid() == parent {
		time.Sleep(time.Second)
	}
	time.Sleep(exitDelay)
	os.Exit(1)
}

// buildVersion is the version of the release, or of the module if go install
// has built it.
func buildVersion() string {
	info, ok := debug.ReadBuildInfo()
	if version == "dev" && ok && info.Main.Version != "" && info.Main.Version != "(devel)" {
		return strings.TrimPrefix(info.Main.Version, "v")
	}
	return version
}
