// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package store

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"testing"

	"go.uber.org/goleak"
)

// childVariable names what the test binary does as a child of a test, in the
// folder of a store.
const childVariable = "FLUX2_STORE_CHILD"

var children = map[string]func(folder string) error{
	"hold": func(folder string) error {
		h, err := Open(folder).Journal().Begin(submission())
		if err != nil {
			return err
		}
		if err := h.NoteRequestID("of-the-child"); err != nil {
			return err
		}
		fmt.Println(h.Entry().Path)
		_, err = io.Copy(io.Discard, os.Stdin) // until it is killed
		return err
	},
	// Says that it is ready, takes the entry on a sign, and says whether it has.
	"take": func(folder string) error {
		fmt.Println("ready")
		if _, err := os.Stdin.Read(make([]byte, 1)); err != nil {
			return err
		}
		h, err := Open(folder).Journal().Take(request("a heron"), anyEntry)
		if err != nil {
			return err
		}
		fmt.Println(h != nil)
		_, err = io.Copy(io.Discard, os.Stdin)
		return err
	},
}

func TestMain(m *testing.M) {
	child := os.Getenv(childVariable)
	if child == "" {
		goleak.VerifyTestMain(m)
		return
	}
	folder, err := os.Getwd()
	if err == nil {
		err = children[child](folder)
	}
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	os.Exit(0)
}

// command starts the test binary anew.
func command(t *testing.T, child, folder string) *exec.Cmd {
	t.Helper()
	program, err := os.Executable()
	must(t, err)
	cmd := exec.CommandContext(t.Context(), program)
	cmd.Dir = folder
	cmd.Env = append(os.Environ(), childVariable+"="+child)
	cmd.Stderr = os.Stderr
	return cmd
}

// process is a child that runs until it is killed or its input ends.
type process struct {
	*exec.Cmd
	in    io.WriteCloser
	lines *bufio.Scanner
}

// start starts a child, and reads the first line that it says.
func start(t *testing.T, child, folder string) (p process, first string) {
	t.Helper()
	p.Cmd = command(t, child, folder)
	out, err := p.StdoutPipe()
	must(t, err)
	p.in, err = p.StdinPipe()
	must(t, err)
	must(t, p.Start())
	t.Cleanup(func() { _ = p.in.Close() })
	p.lines = bufio.NewScanner(out)
	return p, p.line(t)
}

func (p process) line(t *testing.T) string {
	t.Helper()
	if !p.lines.Scan() {
		t.Fatalf("the child ended: %v", p.Wait())
	}
	return p.lines.Text()
}
