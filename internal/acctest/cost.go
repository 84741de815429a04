// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package acctest

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// Cost is what a run took.
type Cost struct {
	// Wall is the time from its start to its end.
	Wall time.Duration
	// CPU is what the engine and its providers computed.
	CPU time.Duration
	// Provider is the providers' part of it, where a MeteredWorkspace notes it.
	Provider time.Duration
	// Memory is the most that a process of the provider occupied, in bytes; 0
	// where the system has no /proc to say so.
	Memory int64
}

// Cost waits for the end of a run, which has to succeed, and returns what it
// took from its start.
func (c *Command) Cost() Cost {
	c.t.Helper()

	var memory int64
	ticker := time.NewTicker(50 * time.Millisecond)
	defer ticker.Stop()
	for running := true; running; {
		select {
		case <-c.done:
			running = false
		case <-ticker.C:
			memory = max(memory, peakMemory(c.program))
		}
	}
	if code, output := c.Wait(); code != 0 {
		c.t.Fatalf("%v ended with %d:\n%s", c.cmd.Args, code, output)
	}
	return Cost{
		Wall: c.took, CPU: c.cmd.ProcessState.UserTime() + c.cmd.ProcessState.SystemTime(), Provider: c.metered(), Memory: memory,
	}
}

// MeteredWorkspace is a workspace for the provider of an address, whose program
// stands somewhere. A shell stands between it and the engine, and notes what it
// has computed. Without a program, it is the provider that is tested.
func MeteredWorkspace(t *testing.T, address, program string) *Workspace {
	t.Helper()

	workspace := newWorkspace(t, theProvider, nil)
	if program != "" {
		workspace.program = program
	}
	workspace.meterAs(address)
	return workspace
}

// MeteredFloorWorkspace is the same with the provider that does nothing.
func MeteredFloorWorkspace(t *testing.T) *Workspace {
	t.Helper()

	workspace := FloorWorkspace(t)
	workspace.meterAs("flux2-provider/flux2")
	return workspace
}

func (w *Workspace) meterAs(address string) {
	w.t.Helper()

	w.meter = w.Path("metered")
	script := fmt.Sprintf("#!/bin/sh\n'%s' \"$@\"\ntimes > '%s'/$$.times\n", w.program, w.meter)
	if err := os.Mkdir(w.meter, 0o700); err != nil {
		w.t.Fatal(err)
	}
	name := filepath.Join(w.meter, "terraform-provider-"+path.Base(address))
	if err := os.WriteFile(name, []byte(script), 0o700); err != nil { //nolint:gosec // it is run
		w.t.Fatal(err)
	}
	w.override(address, w.meter)
}

// metered is what the providers of this run have computed. Of the two lines that
// a shell says, the second is about what it has run.
func (c *Command) metered() time.Duration {
	c.t.Helper()

	var sum time.Duration
	if c.meter == "" {
		return sum
	}
	notes, _ := filepath.Glob(filepath.Join(c.meter, "*.times"))
	for _, note := range notes {
		said, err := os.ReadFile(note) //nolint:gosec // the test has made the folder
		if err != nil {
			c.t.Fatal(err)
		}
		_, ofChildren, _ := strings.Cut(strings.TrimSpace(string(said)), "\n")
		for _, field := range strings.Fields(ofChildren) {
			took, err := time.ParseDuration(field)
			if err != nil {
				c.t.Fatalf("%v in %q", err, said)
			}
			sum += took
		}
		if err := os.Remove(note); err != nil {
			c.t.Fatal(err)
		}
	}
	return sum
}

// peakMemory asks the system for the high-water mark of every process of a
// program. A mark only rises, so that a look now and then is enough.
func peakMemory(program string) int64 {
	var peak int64
	processes, _ := filepath.Glob("/proc/[0-9]*/exe")
	for _, link := range processes {
		if target, err := os.Readlink(link); err != nil || target != program {
			continue
		}
		status, err := os.ReadFile(filepath.Join(filepath.Dir(link), "status"))
		if err != nil {
			continue
		}
		_, mark, _ := strings.Cut(string(status), "VmHWM:")
		if fields := strings.Fields(mark); len(fields) > 0 {
			if kilobytes, err := strconv.ParseInt(fields[0], 10, 64); err == nil {
				peak = max(peak, kilobytes<<10)
			}
		}
	}
	return peak
}
