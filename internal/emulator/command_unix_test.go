// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

//go:build unix

package emulator

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// roleVariable has the test binary play a part instead of running tests.
const roleVariable = "EMULATOR_TEST_ROLE"

func init() {
	switch os.Getenv(roleVariable) {
	case "emulate":
		os.Exit(Command(context.Background(), os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
	case "child":
		os.Exit(child())
	}
}

// child waits for a signal and then asks whether the emulator is still there.
func child() int {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	fmt.Println("ready")
	got := <-signals
	request, err := http.NewRequestWithContext(context.Background(), http.MethodGet, os.Getenv(URLVariable), nil)
	if err != nil {
		return 1
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return 1
	}
	_ = answer.Body.Close()
	if got == syscall.SIGTERM {
		return 43
	}
	return 42
}

// process is an emulator in a process group of its own, as in a terminal.
type process struct {
	*exec.Cmd
	first string
	ended chan error
}

func startProcess(t *testing.T, args ...string) process {
	t.Helper()
	command := exec.CommandContext(t.Context(), os.Args[0], append([]string{"-listen", "127.0.0.1:0"}, args...)...)
	command.Env = append(os.Environ(), roleVariable+"=emulate")
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	command.Stderr = os.Stderr
	output, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	reader := bufio.NewReader(output)
	first, err := reader.ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	p := process{Cmd: command, first: strings.TrimSpace(first), ended: make(chan error, 1)}
	go func() {
		_, _ = io.Copy(io.Discard, reader)
		p.ended <- command.Wait()
	}()
	return p
}

func (p process) exitCode(t *testing.T) int {
	t.Helper()
	select {
	case err := <-p.ended:
		var exit *exec.ExitError
		if err != nil && !errors.As(err, &exit) {
			t.Fatal(err)
		}
		return p.ProcessState.ExitCode()
	case <-time.After(20 * time.Second):
		t.Fatal("the process does not end")
		return 0
	}
}

func startWithChild(t *testing.T) process {
	t.Helper()
	p := startProcess(t, "--", "env", roleVariable+"=child", os.Args[0])
	if p.first != "ready" {
		t.Fatalf("the child said %q", p.first)
	}
	return p
}

func TestCtrlCReachesTheChildAndTheEmulatorOutlivesIt(t *testing.T) {
	t.Parallel()
	p := startWithChild(t)
	// A terminal interrupts the whole process group.
	if err := syscall.Kill(-p.Process.Pid, syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	if code := p.exitCode(t); code != 42 {
		t.Errorf("exit code %d", code)
	}
}

func TestTerminationIsPassedOn(t *testing.T) {
	t.Parallel()
	p := startWithChild(t)
	if err := p.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if code := p.exitCode(t); code != 43 {
		t.Errorf("exit code %d", code)
	}
}

func TestServingEndsWithASignal(t *testing.T) {
	t.Parallel()
	for _, number := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM} {
		p := startProcess(t)
		if !strings.HasPrefix(p.first, "http://127.0.0.1:") {
			t.Errorf("it said %q", p.first)
		}
		if err := p.Process.Signal(number); err != nil {
			t.Fatal(err)
		}
		if code := p.exitCode(t); code != 0 {
			t.Errorf("exit code %d", code)
		}
	}
}

func TestCommandRunsAChild(t *testing.T) {
	t.Parallel()
	code, stdout, stderr := command(t, "input\n", "-listen", "127.0.0.1:0", "--", "sh", "-c",
		`read line; echo "$line $FLUX2_EMULATOR_URL"; echo trouble >&2; exit 7`)
	if code != 7 || !strings.HasPrefix(stdout, "input http://127.0.0.1:") || stderr != "trouble\n" {
		t.Errorf("%d %q %q", code, stdout, stderr)
	}
}

func TestCommandExitCodes(t *testing.T) {
	t.Parallel()
	plain := filepath.Join(t.TempDir(), "plain")
	if err := os.WriteFile(plain, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		args []string
		code int
	}{
		"success":        {[]string{"sh", "-c", "exit 0"}, 0},
		"signal":         {[]string{"sh", "-c", "kill -TERM $$"}, 128 + 15},
		"not found":      {[]string{"no-such-command-anywhere"}, 127},
		"not executable": {[]string{plain}, 126},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			args := append([]string{"-listen", "127.0.0.1:0", "--"}, test.args...)
			if code, stdout, stderr := command(t, "", args...); code != test.code {
				t.Errorf("%d, want %d: %s %s", code, test.code, stdout, stderr)
			}
		})
	}
}
