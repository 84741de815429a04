// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package imagefile

import (
	"path/filepath"
	"slices"
	"strings"
)

// endings are those of the content types, the usual one first.
var endings = [...]struct {
	contentType string
	names       []string
}{
	{"image/png", []string{".png"}},
	{"image/jpeg", []string{".jpg", ".jpeg", ".jpe", ".jfif"}},
	{"image/webp", []string{".webp"}},
	{"image/avif", []string{".avif"}},
}

// EndingProblem says how the ending of a path contradicts a content type, and which
// one fits. It is empty if the two agree, and for endings of no image: whoever
// writes "hero.tmp" or "hero" has a reason.
func EndingProblem(path, contentType string) string {
	ending := strings.ToLower(filepath.Ext(path))
	fitting, other := "", false
	for _, of := range endings {
		if of.contentType == contentType {
			fitting = of.names[0]
		} else if slices.Contains(of.names, ending) {
			other = true
		}
	}
	if fitting == "" || !other {
		return ""
	}
	return "the path ends in " + ending + ", but the image is " + contentType + ", for which the ending is " + fitting
}
