// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package emulator

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// command runs the subcommand and returns its exit code and what it wrote.
func command(t *testing.T, stdin string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, err bytes.Buffer
	code = Command(t.Context(), args, strings.NewReader(stdin), &out, &err)
	return code, out.String(), err.String()
}

func TestCommandRefuses(t *testing.T) {
	t.Parallel()
	faults, missing := filepath.Join(t.TempDir(), "faults.json"), filepath.Join(t.TempDir(), "none")
	if err := os.WriteFile(faults, []byte(`[{"route":"nowhere","status":500}]`), 0o600); err != nil {
		t.Fatal(err)
	}
	// In the words of the system.
	_, isMissing := os.Open(missing)
	var config net.ListenConfig
	busy, err := config.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = busy.Close() })
	for name, test := range map[string]struct {
		args []string
		code int
		want string
	}{
		"help":              {[]string{"-h"}, 0, "Usage: terraform-provider-flux2 emulate"},
		"unknown flag":      {[]string{"-port", "1"}, 2, "flag provided but not defined: -port"},
		"bad duration":      {[]string{"-run-time", "fast"}, 2, "invalid value"},
		"no dashes":         {[]string{"terraform", "apply"}, 2, `unexpected argument "terraform": a command comes after --`},
		"negative time":     {[]string{"-run-time", "-1s"}, 1, "the run time is negative"},
		"negative runners":  {[]string{"-runners", "-1"}, 1, "the number of runners is negative"},
		"no fault file":     {[]string{"-faults", missing}, 1, isMissing.Error()},
		"bad fault file":    {[]string{"-faults", faults}, 1, `there is no route "nowhere"`},
		"busy port":         {[]string{"-listen", busy.Addr().String(), "--", "true"}, 1, "is in use already"},
		"empty address":     {[]string{"-listen", ""}, 2, "-listen needs an address, such as 127.0.0.1:0"},
		"no address at all": {[]string{"-listen", "nonsense"}, 1, `cannot listen on "nonsense"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			code, _, stderr := command(t, "", test.args...)
			if code != test.code || !strings.Contains(stderr, test.want) {
				t.Errorf("%d %s", code, stderr)
			}
		})
	}
}

func TestCommandServesUntilItsContextEnds(t *testing.T) {
	t.Parallel()
	directory := t.TempDir()
	faults := filepath.Join(directory, "faults.json")
	if err := os.WriteFile(faults, []byte(`[{"route":"submit","times":1,"status":429}]`), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	reader, writer := io.Pipe()
	code := make(chan int)
	go func() {
		code <- Command(ctx, []string{"-listen", "127.0.0.1:0", "-queue-time", "0s", "-run-time", "0s", "-faults", faults, "-dir", directory}, nil, writer, io.Discard)
	}()
	line, err := bufio.NewReader(reader).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	go func() { _, _ = io.Copy(io.Discard, reader) }()
	client := &http.Client{Transport: &http.Transport{}}
	f := &fixture{t: t, url: strings.TrimSpace(line), http: client}
	expect(t, f.do(http.MethodPost, dev, cat), http.StatusTooManyRequests, "")
	// Who starts an emulator by hand wants to see something.
	picture := f.get(dev + "/requests/" + f.submit(`{"prompt":"a lighthouse","image_size":"square","sync_mode":true}`))
	if !strings.Contains(picture.text, "data:image/png;base64,") || len(picture.text) < 50_000 {
		t.Errorf("not painted: %d %.100s", picture.status, picture.text)
	}
	client.CloseIdleConnections()
	cancel()
	if got := <-code; got != 0 {
		t.Errorf("exit code %d", got)
	}
	_ = writer.Close()
}

func TestOpenToOtherMachines(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]bool{"127.0.0.1": false, "127.9.9.9": false, "::1": false, "0.0.0.0": true, "::": true, "192.0.2.1": true} {
		if got := isOpen(&net.TCPAddr{IP: net.ParseIP(address), Port: 8787}); got != want {
			t.Errorf("%s: %t, want %t", address, got, want)
		}
	}
}
