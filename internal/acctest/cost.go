// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package acctest

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// Cost is what a run took.
type Cost struct {
	// Wall is the time from its start to its end.
	Wall time.Duration
	// CPU is what the engine and its providers computed.
	CPU time.Duration
	// Memory is the most that a process of the provider occupied, in bytes; 0
	// where the system has no /proc to say so.
	Memory int64
}

// Least takes the smaller of each figure: other work on the machine only ever
// adds to one.
func (c Cost) Least(other Cost) Cost {
	return Cost{Wall: min(c.Wall, other.Wall), CPU: min(c.CPU, other.CPU), Memory: min(c.Memory, other.Memory)}
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
	return Cost{Wall: c.took, CPU: c.cmd.ProcessState.UserTime() + c.cmd.ProcessState.SystemTime(), Memory: memory}
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
