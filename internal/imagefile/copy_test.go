// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package imagefile

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

func TestCopy(t *testing.T) {
	t.Parallel()

	content := picture(t, "image/png", 1)
	want := infoOf(content, "image/png")
	for name, test := range map[string]struct {
		to       string
		expected string
		mode     fs.FileMode
		err      error
	}{
		"elsewhere":        {to: "deep/down/b.png", expected: want.SHA256, mode: 0o640},
		"onto itself":      {to: "a.png", mode: 0o600},
		"other content":    {to: "b.png", expected: infoOf([]byte("x"), "").SHA256, err: ErrHashMismatch},
		"onto a folder":    {to: "folder", err: ErrPath},
		"out of a folder":  {to: "folder/../b.png", err: ErrPath},
		"beyond its limit": {to: "a.png", mode: 0o644},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			folder := t.TempDir()
			in := func(name string) string { return folder + "/" + name }
			if err := errors.Join(os.WriteFile(in("a.png"), content, 0o644), os.Mkdir(in("folder"), 0o755)); err != nil {
				t.Fatal(err)
			}
			// The limit is for what a host sends.
			client, err := New(Options{MaxBytes: 10})
			if err != nil {
				t.Fatal(err)
			}
			info, err := client.Copy(t.Context(), in("a.png"), SaveRequest{
				URL: "no URL at all", Path: in(test.to), ExpectedSHA256: test.expected, FileMode: test.mode,
			})
			if original, readErr := os.ReadFile(in("a.png")); readErr != nil || !bytes.Equal(original, content) {
				t.Errorf("the original has %d bytes, %v", len(original), readErr)
			}
			if left, _ := filepath.Glob(in("*.tmp")); len(left) > 0 {
				t.Errorf("%v was left behind", left)
			}
			if test.err != nil {
				if !errors.Is(err, test.err) {
					t.Errorf("%v, want %v", err, test.err)
				}
				return
			}
			if err != nil || info != want {
				t.Fatalf("%+v, %v, want %+v", info, err, want)
			}
			stat, err := os.Stat(in(test.to))
			if err != nil {
				t.Fatal(err)
			}
			if stat.Mode().Perm() != test.mode && runtime.GOOS != "windows" {
				t.Errorf("the copy has the mode %o, want %o", stat.Mode().Perm(), test.mode)
			}
		})
	}
}

func TestCopy_fromWhatIsNoFile(t *testing.T) {
	t.Parallel()

	client, err := New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	to := SaveRequest{Path: filepath.Join(folder, "b.png")}
	if _, err := client.Copy(t.Context(), filepath.Join(folder, "a.png"), to); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a missing file is %v", err)
	}
	if _, err := client.Copy(t.Context(), folder, to); !errors.Is(err, ErrPath) {
		t.Errorf("a folder is %v", err)
	}
	if _, err := os.Lstat(to.Path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("something was written: %v", err)
	}
}

func TestSame(t *testing.T) {
	t.Parallel()

	folder := t.TempDir()
	in := func(name string) string { return filepath.Join(folder, name) }
	if err := errors.Join(
		os.WriteFile(in("a"), []byte("same"), 0o600), os.WriteFile(in("b"), []byte("same"), 0o600),
		os.Symlink(folder, in("link")), os.Link(in("a"), in("hard")),
	); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]bool{"a": true, "link/a": true, "hard": true, "b": false, "none": false, "none/a": false} {
		if Same(in("a"), folder+"/"+name) != want || Same(folder+"/"+name, in("a")) != want {
			t.Errorf("a and %s: want %t", name, want)
		}
	}
}

// Whoever asks for the image can look at it before it replaces anything.
func TestBefore(t *testing.T) {
	t.Parallel()

	content, old := picture(t, "image/png", 1), []byte("what was there")
	want := infoOf(content, "image/png")
	refusal := errors.New("not yours")
	for name, test := range map[string]struct {
		before func(Info) (bool, error)
		stays  bool
		err    error
	}{
		"replace": {func(Info) (bool, error) { return true, nil }, false, nil},
		"leave":   {func(Info) (bool, error) { return false, nil }, true, nil},
		"refuse":  {func(Info) (bool, error) { return true, refusal }, true, refusal},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			at := filepath.Join(t.TempDir(), "a.png")
			if err := os.WriteFile(at, old, 0o600); err != nil {
				t.Fatal(err)
			}
			client, err := New(Options{})
			if err != nil {
				t.Fatal(err)
			}
			var asked Info
			info, err := client.Write(t.Context(), bytes.NewReader(content), SaveRequest{Path: at, Before: func(info Info) (bool, error) {
				asked = info
				if there, _ := os.ReadFile(at); !bytes.Equal(there, old) {
					t.Errorf("what was there is gone already: %q", there)
				}
				return test.before(info)
			}})
			if !errors.Is(err, test.err) || asked.SHA256 != want.SHA256 || err == nil && info != asked {
				t.Errorf("got %v, %v, asked about %v", info, err, asked)
			}
			there, _ := os.ReadFile(at)
			if wanted := map[bool][]byte{true: old, false: content}[test.stays]; !bytes.Equal(there, wanted) {
				t.Errorf("the file has %d bytes", len(there))
			}
			if left, _ := filepath.Glob(filepath.Join(filepath.Dir(at), ".flux2-*")); len(left) > 0 {
				t.Errorf("%v was left behind", left)
			}
		})
	}
}

func TestEndingProblem(t *testing.T) {
	t.Parallel()
	for path, agrees := range map[string]bool{
		"a.png": true, "a.PNG": true, "a": true, "a.tmp": true, "a.png.bak": true,
		"a.jpg": false, "a.JPEG": false, "a.webp": false, "a.png.webp": false,
	} {
		if problem := EndingProblem(path, "image/png"); (problem == "") != agrees {
			t.Errorf("%s: %q", path, problem)
		}
	}
	if problem := EndingProblem("a.png", "image/jpeg"); problem != "the path ends in .png, but the image is image/jpeg, for which the ending is .jpg" {
		t.Error(problem)
	}
	if problem := EndingProblem("a.png", ""); problem != "" {
		t.Error(problem)
	}
}
