// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package imagefile

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"strings"
	"syscall"
)

// Inspect describes an image file on disk. A missing file is fs.ErrNotExist; a
// folder, a symbolic link and the like are ErrPath; other content is
// ErrNotAnImage.
func Inspect(path string) (Info, error) {
	file, err := openRegular(path)
	if err != nil {
		return Info{}, err
	}
	defer func() { _ = file.Close() }()
	info, err := copyImage(io.Discard, file, "", math.MaxInt64)
	if err != nil {
		return Info{}, pathProblem(path, err)
	}
	return info, nil
}

func openRegular(path string) (*os.File, error) {
	stat, err := os.Lstat(path)
	if isMissing(err) {
		return nil, fmt.Errorf("there is no file at %s: %w", path, fs.ErrNotExist)
	}
	if err != nil {
		return nil, pathProblem(path, err)
	}
	if err := checkRegular(path, stat); err != nil {
		return nil, err
	}
	file, err := os.Open(path) //nolint:gosec // reading the file that the user named is the purpose.
	if err != nil {
		return nil, pathProblem(path, err)
	}
	return file, nil
}

// Matches tells whether a regular file with this SHA-256 (in hexadecimal) and
// size is at the path. A file of another size is not read. Missing files,
// folders and symbolic links don't match; an error means that nobody can tell.
func Matches(path, sha256Hex string, sizeBytes int64) (bool, error) {
	stat, err := os.Lstat(path)
	switch {
	case isMissing(err):
		return false, nil
	case err != nil:
		return false, pathProblem(path, err)
	case !stat.Mode().IsRegular(), stat.Size() != sizeBytes:
		return false, nil
	}
	file, err := os.Open(path) //nolint:gosec // reading the file that the user named is the purpose.
	if err != nil {
		return false, pathProblem(path, err)
	}
	defer func() { _ = file.Close() }()
	sum := sha256.New()
	if _, err := io.Copy(sum, file); err != nil {
		return false, pathProblem(path, err)
	}
	return strings.EqualFold(hex.EncodeToString(sum.Sum(nil)), sha256Hex), nil
}

// Remove deletes the file at the path. A missing one is fine; what is not a
// regular file is left alone, with an ErrPath.
func Remove(path string) error {
	stat, err := os.Lstat(path)
	if err == nil {
		if err := checkRegular(path, stat); err != nil {
			return err
		}
		err = os.Remove(path)
	}
	if err == nil || isMissing(err) {
		return nil
	}
	return pathProblem(path, err)
}

// Same tells whether two paths lead to one file that exists, however they are
// written.
func Same(path, other string) bool {
	one, err := os.Stat(path)
	if err != nil {
		return false
	}
	two, err := os.Stat(other)
	return err == nil && os.SameFile(one, two)
}

// isMissing also covers a file in the place of a folder on the way.
func isMissing(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR)
}

// Describe describes an image in memory.
func Describe(content []byte) (Info, error) {
	return copyImage(io.Discard, bytes.NewReader(content), "", math.MaxInt64)
}

// Displayed is the size at which a picture is shown, which is after it was turned as
// EXIF says.
func Displayed(content []byte) (width, height int, err error) {
	read, err := readHeader(content)
	if err != nil {
		return 0, 0, err
	}
	width, height = read.displayed()
	return width, height, nil
}
