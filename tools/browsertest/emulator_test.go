// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package main

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// emulator is the one in the provider's binary, spoken to over HTTP.
type emulator struct {
	url  string
	stop func()
}

func startEmulator(t *testing.T, options ...string) emulator {
	t.Helper()
	binary := os.Getenv("FLUX2_BINARY")
	if binary == "" {
		t.Fatal("FLUX2_BINARY must name the provider's binary")
	}
	// It ends by itself when it is asked to, which is after the test's context.
	process := exec.CommandContext(context.WithoutCancel(t.Context()), binary, append([]string{"emulate"}, options...)...)
	process.Stderr = os.Stderr
	output, err := process.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := process.Start(); err != nil {
		t.Fatal(err)
	}
	stopped := false
	stop := func() {
		if stopped {
			return
		}
		stopped = true
		if err := process.Process.Signal(os.Interrupt); err != nil {
			t.Error(err)
		}
		if err := process.Wait(); err != nil {
			t.Errorf("the emulator has ended: %v", err)
		}
	}
	t.Cleanup(stop)
	url, err := bufio.NewReader(output).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return emulator{url: strings.TrimSpace(url), stop: stop}
}

// faultFile writes faults for the emulator's -faults.
func faultFile(t *testing.T, faults string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "faults.json")
	if err := os.WriteFile(file, []byte(faults), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

const model = "/queue/fal-ai/flux-2-dev"

// do sends a request as a client would, and returns the answer's request id.
func (e emulator) do(t *testing.T, method, path string, input map[string]any) string {
	t.Helper()
	body, err := json.Marshal(input)
	if err != nil {
		t.Fatal(err)
	}
	request, err := http.NewRequestWithContext(t.Context(), method, e.url+path, strings.NewReader(string(body)))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Key id:secret")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	var answer struct {
		RequestID string `json:"request_id"`
	}
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
		t.Fatal(err)
	}
	if response.StatusCode >= http.StatusMultipleChoices {
		t.Fatalf("%s %s: %s", method, path, response.Status)
	}
	return answer.RequestID
}

func (e emulator) submit(t *testing.T, input map[string]any) string {
	t.Helper()
	return e.do(t, http.MethodPost, model, input)
}
