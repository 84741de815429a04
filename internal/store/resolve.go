// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package store

import (
	"path/filepath"
	"strings"
)

// Resolve returns the one spelling of a path: absolute, with the links of its
// folder resolved, as far as it exists. The last element is left as it is: it
// is what is written, moved and deleted there.
func Resolve(path string) string {
	folder, name := filepath.Split(path)
	return filepath.Join(resolveFolder(folder), name)
}

func resolveFolder(folder string) string {
	if folder == "" {
		folder = "."
	}
	resolved, err := filepath.EvalSymlinks(folder)
	if err == nil {
		return absolute(resolved)
	}
	parent, name := filepath.Split(strings.TrimRightFunc(folder, isSeparator))
	if name == "" {
		return absolute(folder)
	}
	return filepath.Join(resolveFolder(parent), name)
}

// absolute resolves once more, as the working folder may be known by a link.
func absolute(folder string) string {
	whole, err := filepath.Abs(folder)
	if err != nil {
		return folder
	}
	if resolved, err := filepath.EvalSymlinks(whole); err == nil {
		return resolved
	}
	return whole
}

func isSeparator(r rune) bool { return r == '/' || r == filepath.Separator }
