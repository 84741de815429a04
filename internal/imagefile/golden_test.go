// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package imagefile

import (
	"bufio"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"flag"
	"fmt"
	"image"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "record the hashes of derived pictures anew")

// goldenFile has a line for each picture: its hash, and what it is.
const goldenFile = "testdata/golden.txt"

// TestGolden derives pictures of all kinds, and wants the bytes that were
// recorded, on whatever processor it runs. They change with Go and with the
// modules of the encoders, which Version says, and with the code here, which it
// says if pipelineVersion is raised.
func TestGolden(t *testing.T) { //nolint:paralleltest // it is small, and run alone on other processors
	got := make(map[string]string)
	for name, transform := range goldenTransforms() {
		source, of, _ := strings.Cut(name, " ")
		if skipWithoutEncoder(transform, source) {
			continue
		}
		derived, err := transform.Apply(t.Context(), testPicture(t, source))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		sum := sha256.Sum256(derived)
		got[source+" "+of] = hex.EncodeToString(sum[:])
	}
	for name, sum := range goldenScales(t) {
		got[name] = sum
	}

	if *update {
		var lines strings.Builder
		for _, name := range slices.Sorted(maps.Keys(got)) {
			fmt.Fprintf(&lines, "%s  %s\n", got[name], name)
		}
		if err := os.WriteFile(goldenFile, []byte(lines.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	recorded := make(map[string]string)
	file, err := os.Open(goldenFile)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	for lines := bufio.NewScanner(file); lines.Scan(); {
		sum, name, _ := strings.Cut(lines.Text(), "  ")
		recorded[name] = sum
	}
	equal := 0
	for _, name := range slices.Sorted(maps.Keys(got)) {
		if got[name] == recorded[name] {
			equal++
			continue
		}
		t.Errorf("%s has SHA-256 %s, recorded is %s. If that is meant, raise pipelineVersion, unless Go or an encoder is a new one, and record it: make golden", name, got[name], cmp.Or(recorded[name], "nothing"))
	}
	t.Logf("%d of %d recorded hashes are equal", equal, len(recorded))
}

// skipWithoutEncoder is for programs that were built without some.
func skipWithoutEncoder(transform Transform, source string) bool {
	return CheckEncoder(cmp.Or(transform.Format, formatOf(source))) != nil
}

// formatOf is that of a file of the tests.
func formatOf(name string) string {
	return strings.Replace(strings.TrimPrefix(filepath.Ext(name), "."), "jpg", FormatJPEG, 1)
}

// goldenTransforms are by the file that they begin with, and what is made of it.
func goldenTransforms() map[string]Transform {
	all := make(map[string]Transform)
	for _, format := range []string{FormatPNG, FormatJPEG, FormatWebP, FormatAVIF} {
		for _, source := range []string{"photo.jpg", "photo.webp", "cutout.png", "cutout.webp", "turned.jpg", "wide-gamut.png"} {
			for _, fit := range []string{FitCover, FitContain, FitFill} {
				all[fmt.Sprintf("%s %s 50x60 %s", source, fit, format)] = Transform{Width: 50, Height: 60, Fit: fit, Format: format}
			}
			all[source+" enlarged "+format] = Transform{Width: 200, Enlarge: true, Format: format}
			all[source+" as it is "+format] = Transform{Format: format, Quality: 70}
		}
		all["photo.jpg lower quality "+format] = Transform{Width: 64, Format: format, Quality: 20}
	}
	return all
}

// goldenScales hashes the pixels of many sizes, without an encoding.
func goldenScales(t *testing.T) map[string]string {
	t.Helper()
	sums := make(map[string]string)
	for _, name := range []string{"photo.jpg", "cutout.png", "wide-gamut.png"} {
		read, err := readHeader(testPicture(t, name))
		if err != nil {
			t.Fatal(err)
		}
		picture, err := read.decode(testPicture(t, name))
		if err != nil {
			t.Fatal(err)
		}
		colours, err := lightOfProfile(read.profile)
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.New()
		for width := 1; width < 300; width = width*3/2 + 1 {
			for height := 1; height < 300; height = height*7/4 + 1 {
				part := picture.Bounds()
				part.Min = part.Min.Add(image.Pt(width%7, height%5))
				scaled, err := resample(context.Background(), colours, picture, part, width, height)
				if err != nil {
					t.Fatal(err)
				}
				sum.Write(scaled.Pix)
			}
		}
		sums[name+" in many sizes"] = hex.EncodeToString(sum.Sum(nil))
	}
	return sums
}
