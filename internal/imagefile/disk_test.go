// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package imagefile

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func TestCheckPath(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"a.png", "./a.png", "images/a.png", "/srv/site/a.png", "../a.png", "../../a.png", "./../a.png", "images/./a.png",
		"images//a.png", "images/a..png", "images/..a.png", "...", " a.png", "images/ä ö.png", "~a.png", "a~.png", "$", "$5.png", "100%.png", "profile:a.png"} {
		if err := CheckPath(path); err != nil {
			t.Errorf("%q: %v", path, err)
		}
	}
	for path, text := range map[string]string{
		"": "empty", "  ": "empty", "images/": "separator", "/": "separator", ".": "folder", "..": "folder", "images/.": "folder", "images/..": "folder",
		"a\x00.png": "zero byte", "a.png\n": "line break", "a\x1b.png": "can't be seen", "a\u200b.png": "can't be seen", "https://x/a.png": "URL", "~root/a.png": "pathexpand", "file:///srv/a.png": "URL", "File://a.png": "URL",
		"~/a.png": "pathexpand", "~": "pathexpand", "$HOME/a.png": "shell", "${HOME}/a.png": "shell", "%TEMP%/a.png": "shell", "images/../a.png": "detour", "site/../../etc/passwd": "detour", "/srv/../etc/passwd": "detour", "../a/../b.png": "detour", "/../a.png": "detour",
	} {
		err := CheckPath(path)
		if !errors.Is(err, ErrPath) {
			t.Errorf("%q: %v, want ErrPath", path, err)
			continue
		}
		wantText(t, err, text)
	}
}

// Every path that can't work is refused before the host is asked.
func TestSave_paths(t *testing.T) {
	t.Parallel()
	content := picture(t, "image/png", 1)
	folder := t.TempDir()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	in := func(name string) string { return filepath.Join(folder, name) }
	must(os.WriteFile(in("file"), []byte("as it was"), 0o600))
	must(os.WriteFile(in("target"), []byte("as it was"), 0o600))
	must(os.Mkdir(in("folder"), 0o700))
	must(os.Symlink(in("target"), in("link")))
	must(os.Symlink(in("nowhere"), in("dangling")))
	must(os.Symlink(in("folder"), in("folderlink")))
	socket, err := (&net.ListenConfig{}).Listen(t.Context(), "unix", in("socket"))
	must(err)
	t.Cleanup(func() { _ = socket.Close() })

	tests := []struct {
		name string
		text string // empty: works
	}{
		{"folder", "is a folder"},
		{"folderlink", "symbolic link"},
		{"link", "symbolic link"},
		{"dangling", "symbolic link"},
		{"socket", "neither a file nor a folder"},
		{"file/a.png", "is a file"},
		{"file/deep/down/a.png", "is a file"},
		{strings.Repeat("x", 300), "too long"},
		{"dangling/a.png", "leads nowhere"},
		{"folderlink/a.png", ""},
		{"folder/new/a.png", ""},
		{strings.Repeat("y", 255), ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			srv := newHost(t, serve("image/png", content))
			c := client(t, Options{}, asPublic(t, srv))
			_, err := c.Save(t.Context(), SaveRequest{URL: srv.URL, Path: in(tt.name)})
			if tt.text == "" {
				if err != nil {
					t.Fatal(err)
				}
				wantContent(t, in(tt.name), content)
				return
			}
			wantText(t, err, tt.text)
			if !errors.Is(err, ErrPath) {
				t.Errorf("%v is not ErrPath", err)
			}
			if srv.count() != 0 && tt.name != "dangling/a.png" {
				t.Errorf("the host was asked %d times", srv.count())
			}
		})
	}
	t.Cleanup(func() {
		wantContent(t, in("file"), []byte("as it was"))
		wantContent(t, in("target"), []byte("as it was"))
		for _, name := range listing(t, folder) {
			if strings.HasSuffix(name, ".tmp") {
				t.Errorf("left behind: %s", name)
			}
		}
	})
}

func TestSave_targetChangesMeanwhile(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	path := filepath.Join(folder, "a.png")
	elsewhere := filepath.Join(t.TempDir(), "elsewhere")
	content := io.MultiReader(bytes.NewReader(picture(t, "image/png", 1)), readerFunc(func([]byte) (int, error) {
		if err := os.Symlink(elsewhere, path); err != nil && !errors.Is(err, fs.ErrExist) {
			t.Error(err)
		}
		return 0, io.EOF
	}))
	_, err := client(t, Options{}, hooks{}).Write(t.Context(), content, SaveRequest{Path: path})
	if !errors.Is(err, ErrPath) {
		t.Errorf("%v, want ErrPath", err)
	}
	wantListing(t, folder, "a.png")
	if _, err := os.Lstat(elsewhere); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("written through a link: %v", err)
	}
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

func TestPathProblem(t *testing.T) {
	t.Parallel()
	for cause, text := range map[error]string{
		syscall.EACCES:       "permission",
		syscall.EPERM:        "permission",
		syscall.EROFS:        "permission",
		syscall.ENOSPC:       "no space left",
		syscall.ENAMETOOLONG: "shorter",
		syscall.ENOENT:       "missing",
		syscall.EIO:          "operating system",
	} {
		err := pathProblem("images/a.png", &fs.PathError{Op: "open", Path: "images/.flux2-1.tmp", Err: cause})
		wantText(t, err, "images/a.png", text, cause.Error())
		if !errors.Is(err, ErrPath) || !errors.Is(err, cause) {
			t.Errorf("%v lost its kind or cause", err)
		}
	}
}

func TestInspect(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	path := filepath.Join(folder, "a")
	for _, contentType := range []string{"image/png", "image/jpeg", "image/webp"} {
		content := picture(t, contentType, 3)
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		if info, err := Inspect(path); err != nil || info != infoOf(content, contentType) {
			t.Errorf("%+v, %v", info, err)
		}
	}
	if err := os.WriteFile(path, []byte("text"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(path, filepath.Join(folder, "link")); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]error{"a": ErrNotAnImage, "b": fs.ErrNotExist, "a/b": fs.ErrNotExist, "link": ErrPath, "": ErrPath, strings.Repeat("x", 300): ErrPath} {
		if info, err := Inspect(filepath.Join(folder, name)); !errors.Is(err, want) || info != (Info{}) {
			t.Errorf("%q: %+v, %v; want %v", name, info, err, want)
		}
	}
}

func TestMatches(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	content := picture(t, "image/png", 3)
	info := infoOf(content, "image/png")
	if err := os.WriteFile(filepath.Join(folder, "a"), content, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("a", filepath.Join(folder, "link")); err != nil {
		t.Fatal(err)
	}
	other := infoOf(picture(t, "image/png", 4), "").SHA256
	tests := []struct {
		name, path, hash string
		size             int64
		want             bool
	}{
		{"same", "a", info.SHA256, info.SizeBytes, true},
		{"in capitals", "a", strings.ToUpper(info.SHA256), info.SizeBytes, true},
		{"other content", "a", other, info.SizeBytes, false},
		{"other size", "a", info.SHA256, info.SizeBytes + 1, false},
		{"missing", "b", info.SHA256, info.SizeBytes, false},
		{"below a file", "a/b", info.SHA256, info.SizeBytes, false},
		{"link", "link", info.SHA256, info.SizeBytes, false},
		{"folder", ".", info.SHA256, info.SizeBytes, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got, err := Matches(filepath.Join(folder, tt.path), tt.hash, tt.size); got != tt.want || err != nil {
				t.Errorf("%v, %v; want %v", got, err, tt.want)
			}
		})
	}
	if _, err := Matches(strings.Repeat("x", 300), "", 0); !errors.Is(err, ErrPath) {
		t.Errorf("%v, want ErrPath", err)
	}
}

func TestRemove(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	path := filepath.Join(folder, "a")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("a", filepath.Join(folder, "link")); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(folder, "empty"), 0o700); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]error{"link": ErrPath, "empty": ErrPath, "missing": nil, "a/b": nil} {
		if err := Remove(filepath.Join(folder, name)); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", name, err, want)
		}
	}
	wantListing(t, folder, "a", "empty", "link")
	if err := Remove(path); err != nil {
		t.Error(err)
	}
	wantListing(t, folder, "empty", "link")
}
