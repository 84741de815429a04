// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package imagefile

import (
	"path/filepath"
	"strings"
)

// endings are those of the content types, the usual one first.
var endings = map[string][]string{
	"image/png":  {".png"},
	"image/jpeg": {".jpg", ".jpeg", ".jpe", ".jfif"},
	"image/webp": {".webp"},
}

// EndingProblem says how the ending of a path contradicts a content type, and which
// one fits. It is empty if the two agree, and for endings of no image: whoever
// writes "hero.tmp" or "hero" has a reason.
func EndingProblem(path, contentType string) string {
	ending := strings.ToLower(filepath.Ext(path))
	fitting, known := endings[contentType]
	if !known {
		return ""
	}
	for of, names := range endings {
		for _, name := range names {
			if name == ending && of != contentType {
				return "the path ends in " + ending + ", but the image is " + contentType + ", for which the ending is " + fitting[0]
			}
		}
	}
	return ""
}
