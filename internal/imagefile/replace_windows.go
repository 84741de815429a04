// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package imagefile

import (
	"errors"
	"io/fs"
	"os"
)

// replaceFile moves a file to a path, in one step. Windows refuses to replace a
// read-only file (ERROR_ACCESS_DENIED), which other systems don't: to them, the
// permissions of a file are about its content, and those of its folder about
// its name. So the mark goes for the moment, and comes back if the move fails.
func replaceFile(from, to string) error {
	err := os.Rename(from, to)
	if !errors.Is(err, fs.ErrPermission) {
		return err
	}
	there, statErr := os.Lstat(to)
	if statErr != nil || !there.Mode().IsRegular() || there.Mode().Perm()&0o200 != 0 {
		return err
	}
	if os.Chmod(to, there.Mode().Perm()|0o200) != nil {
		return err
	}
	if err = os.Rename(from, to); err != nil {
		_ = os.Chmod(to, there.Mode().Perm())
	}
	return err
}
