// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

//go:build unix

package imagefile

import "os"

// replaceFile moves a file to a path, in one step.
func replaceFile(from, to string) error { return os.Rename(from, to) }
