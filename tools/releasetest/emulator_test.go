// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package releasetest

import (
	"bufio"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// emulator is the one in a released program.
type emulator struct {
	t      *testing.T
	url    string
	folder string
}

func startEmulator(t *testing.T, program string) *emulator {
	t.Helper()

	started := &emulator{t: t, folder: t.TempDir()}
	process := command(started.folder, nil, program, "emulate", "-listen", "127.0.0.1:0", "-dir", started.folder, "-queue-time", "0s", "-run-time", "0s")
	process.Stderr = os.Stderr
	output, err := process.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := process.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := process.Process.Signal(os.Interrupt); err != nil {
			t.Error(err)
		}
		if err := process.Wait(); err != nil {
			t.Errorf("the emulator has ended: %v", err)
		}
	})
	address, err := bufio.NewReader(output).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	started.url = strings.TrimSpace(address)
	return started
}

// expectSubmissions counts the requests that the emulator has accepted, each of
// which it keeps in a file, and looks at who sent them.
func (e *emulator) expectSubmissions(want int, agent string) {
	e.t.Helper()

	files, err := filepath.Glob(filepath.Join(e.folder, "requests", "*.json"))
	if err != nil {
		e.t.Fatal(err)
	}
	if len(files) != want {
		e.t.Errorf("%d submissions, want %d", len(files), want)
	}
	for _, file := range files {
		var request struct{ Header http.Header }
		if err := json.Unmarshal(read(e.t, file), &request); err != nil {
			e.t.Fatal(err)
		}
		if sent := request.Header.Get("User-Agent"); !strings.HasPrefix(sent, agent) {
			e.t.Errorf("%q sent %s, want %q", sent, file, agent)
		}
	}
}
