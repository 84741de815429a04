// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package imagefile

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
	"unicode"
)

// tempPattern names the files that images are written to first. It does not
// contain the image's own name, which may already be as long as a name can be.
const tempPattern = ".flux2-*.tmp"

// disk writes files. Tests put their own writer between it and the file.
type disk struct {
	writer func(*os.File) io.Writer
}

// store writes an image beside its place and moves it there if all is well.
//
// The folder itself is not synced: should the machine lose power just then,
// the old file or none is found, and the next run restores the picture.
func (d disk) store(ctx context.Context, r SaveRequest, content io.Reader, declared string) (_ Info, err error) {
	folder := filepath.Dir(r.Path)
	temp := &lazyFile{open: func() (*os.File, error) {
		if err := makeFolders(folder, r.DirMode); err != nil {
			return nil, err
		}
		file, err := os.CreateTemp(folder, tempPattern)
		if err == nil {
			removeLeftOver(file)
		}
		return file, err
	}, writer: d.writer}
	defer func() {
		if err != nil {
			temp.discard()
		}
	}()

	info, err := copyImage(temp, content, declared, r.MaxBytes)
	if err != nil {
		if temp.err != nil {
			return Info{}, pathProblem(r.Path, temp.err)
		}
		return Info{}, err
	}
	if r.ExpectedSHA256 != "" && info.SHA256 != r.ExpectedSHA256 {
		return Info{}, &HashMismatchError{Expected: r.ExpectedSHA256, Actual: info.SHA256}
	}
	// A host that sees its client leave may end the body as if it were whole.
	if err := ctx.Err(); err != nil {
		return Info{}, err
	}
	if err := temp.finish(r.FileMode); err != nil {
		return Info{}, pathProblem(r.Path, err)
	}
	// The download took a while; what is at the path now may be new.
	if err := CheckTarget(r.Path); err != nil {
		return Info{}, err
	}
	if r.Before != nil {
		replace, err := r.Before(info)
		if err != nil {
			return Info{}, err
		}
		if !replace {
			temp.discard()
			return info, nil
		}
	}
	if err := replaceFile(temp.file.Name(), r.Path); err != nil {
		return Info{}, pathProblem(r.Path, err)
	}
	return info, nil
}

// leftOverAfter is when a temporary file is nobody's any more: its run was killed.
// No transfer takes nearly as long.
const leftOverAfter = 24 * time.Hour

// removeLeftOver removes what killed runs have left beside a new temporary file. Time
// is what the disk says. What can't be removed does no harm.
func removeLeftOver(created *os.File) {
	now, err := created.Stat()
	if err != nil {
		return
	}
	folder := filepath.Dir(created.Name())
	entries, _ := os.ReadDir(folder) // nothing is left over in what can't be read
	for _, entry := range entries {
		name := filepath.Join(folder, entry.Name())
		if ours, _ := filepath.Match(tempPattern, entry.Name()); !ours { // the pattern is well formed
			continue
		}
		if info, err := os.Lstat(name); err == nil && info.Mode().IsRegular() && now.ModTime().Sub(info.ModTime()) > leftOverAfter {
			_ = os.Remove(name)
		}
	}
}

// lazyFile is a temporary file that comes into being with the first byte, so
// that an answer without an image leaves no trace, not even a folder.
type lazyFile struct {
	open   func() (*os.File, error)
	writer func(*os.File) io.Writer
	file   *os.File
	w      io.Writer
	err    error // why writing failed
}

func (l *lazyFile) Write(p []byte) (int, error) {
	if l.file == nil {
		file, err := l.open()
		if err != nil {
			l.err = err
			return 0, err
		}
		l.file, l.w = file, file
		if l.writer != nil {
			l.w = l.writer(file)
		}
	}
	n, err := l.w.Write(p)
	l.err = err
	return n, err
}

// finish makes the file what it is to be, on disk for good.
func (l *lazyFile) finish(mode fs.FileMode) error {
	if err := l.file.Chmod(mode.Perm()); err != nil {
		return err
	}
	if err := l.file.Sync(); err != nil {
		return err
	}
	return l.file.Close()
}

func (l *lazyFile) discard() {
	if l.file != nil {
		_ = l.file.Close() // it may be closed already
		_ = os.Remove(l.file.Name())
	}
}

// shellVariable is what a shell would replace at the start of a path.
var shellVariable = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^(\$[A-Za-z_{]|%[A-Za-z_]+%)`) })

// homeFolder is what a shell would replace by somebody's home folder.
var homeFolder = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^~([A-Za-z_][A-Za-z0-9_-]*)?(/|$)`) })

// CheckPath refuses paths that can't name a file, or can't be meant, by their text
// alone: empty ones, ones that end like a folder, URLs, what only a shell would
// replace, backslashes outside Windows, control characters, and ones with ".."
// behind the name of a folder, where a name taken from elsewhere would escape its
// folder. ".." at the start is fine.
func CheckPath(path string) error {
	if strings.TrimSpace(path) == "" {
		return fail(ErrPath, "the path is empty; give the file a name, such as images/hero.png")
	}
	if err := checkSpelling(path); err != nil {
		return err
	}
	if os.IsPathSeparator(path[len(path)-1]) {
		return fail(ErrPath, "the path %q ends with a separator, so it names a folder; add the name of the file", path)
	}
	elements := strings.Split(filepath.ToSlash(path), "/")
	if last := elements[len(elements)-1]; last == "." || last == ".." {
		return fail(ErrPath, "the path %q names a folder; add the name of the file", path)
	}
	inside := filepath.IsAbs(path)
	for _, element := range elements {
		switch element {
		case "", ".":
		case "..":
			if inside {
				return fail(ErrPath, "the path %q leaves a folder that it has entered (..); write it without the detour", path)
			}
		default:
			inside = true
		}
	}
	return nil
}

// CheckFolder refuses what can't name a folder, or names another one than is meant.
func CheckFolder(path string) error {
	if strings.TrimSpace(path) == "" {
		return fail(ErrPath, "the path is empty; name a folder, such as .flux2")
	}
	return checkSpelling(path)
}

// checkSpelling refuses what only a shell or a browser would read as it is meant.
func checkSpelling(path string) error {
	switch {
	case strings.ContainsRune(path, 0):
		return fail(ErrPath, "the path %q contains a zero byte", path)
	case strings.ContainsFunc(path, func(r rune) bool { return unicode.In(r, unicode.Cc, unicode.Cf) && r != '\u200d' }):
		return fail(ErrPath, "the path %q contains a line break or another character that can't be seen; read from a file, it wants trimspace(...) or chomp(...)", path)
	case strings.HasPrefix(strings.ToLower(path), "file:"), strings.Contains(path, "://"):
		return fail(ErrPath, "the path %q is a URL; write the path alone, without file://", path)
	case homeFolder().MatchString(path):
		return fail(ErrPath, "the path %q begins with ~, which no shell replaces here; write the folder out, or use pathexpand(...)", path)
	case shellVariable().MatchString(path):
		return fail(ErrPath, "the path %q begins with a variable of a shell, which nobody replaces here; write the folder out, or use a variable of the configuration", path)
	case !os.IsPathSeparator('\\') && strings.ContainsRune(path, '\\'):
		return fail(ErrPath, "the path %q contains a backslash, which separates folders on Windows alone; write /", path)
	}
	return nil
}

// CheckTarget refuses to replace anything but a regular file, and finds out
// whether the folder exists or can be made, without making it. What it refuses
// is ErrPath. A folder that can be found but not written to passes.
func CheckTarget(path string) error {
	if _, err := missingFolders(filepath.Dir(path)); err != nil {
		return pathProblem(path, err)
	}
	info, err := os.Lstat(path)
	switch {
	case isMissing(err):
		return nil
	case err != nil:
		return pathProblem(path, err)
	}
	return checkRegular(path, info)
}

func checkRegular(path string, info fs.FileInfo) error {
	switch {
	case info.Mode().IsRegular():
		return nil
	case info.IsDir():
		return fail(ErrPath, "%s is a folder, not a file; add the name of the file to the path", path)
	case info.Mode()&fs.ModeSymlink != 0:
		return fail(ErrPath, "%s is a symbolic link, which is neither followed nor replaced; use the path that it leads to, or remove the link", path)
	default:
		return fail(ErrPath, "%s is neither a file nor a folder (%s); use another path", path, info.Mode().Type())
	}
}

// missingFolders lists what has to be made for a folder to exist, outermost
// first. Symbolic links on the way are followed.
func missingFolders(folder string) ([]string, error) {
	var missing []string
	for {
		info, err := os.Stat(folder)
		switch {
		case err == nil && !info.IsDir():
			return nil, fail(ErrPath, "%s is a file, so nothing can be put below it; use another path, or remove that file", folder)
		case err == nil:
			slices.Reverse(missing)
			return missing, nil
		case !isMissing(err):
			return nil, err
		}
		parent := filepath.Dir(folder)
		if parent == folder {
			return nil, err
		}
		missing = append(missing, folder)
		folder = parent
	}
}

func makeFolders(folder string, mode fs.FileMode) error {
	missing, err := missingFolders(folder)
	if err != nil {
		return err
	}
	for _, dir := range missing {
		err := os.Mkdir(dir, mode.Perm())
		if errors.Is(err, fs.ErrExist) {
			continue // somebody else was quicker, and decides on the permissions
		}
		if err != nil {
			return err
		}
		if err := os.Chmod(dir, mode.Perm()); err != nil {
			return err
		}
	}
	return nil
}

// pathProblem says what is wrong with a path and what to do about it.
func pathProblem(path string, err error) error {
	var own *problem
	if errors.As(err, &own) {
		return own
	}
	var advice string
	switch {
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		advice = "there is no space left; free some on that disk, or use another path"
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		advice = "the folder or file can't be accessed; give the user that runs this the permission, or use another path"
	case errors.Is(err, syscall.ENAMETOOLONG):
		advice = "the name is too long; use a shorter one"
	case errors.Is(err, fs.ErrNotExist):
		advice = "a folder on the way is missing or is a link that leads nowhere"
	default:
		advice = "the operating system refused"
	}
	return &problem{kind: ErrPath, text: fmt.Sprintf("%s can't be used: %s", path, advice), cause: err}
}
