// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package imagefile

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
)

// needEncoders is for tests of WebP and AVIF.
func needEncoders(tb testing.TB) {
	tb.Helper()
	if CheckEncoder(FormatAVIF) != nil {
		tb.Skip("this test wants the encoders of WebP and AVIF, which are only built in with -tags nodynamic; make test sets it")
	}
}

func TestApply_keepsWhatNeedsNoChange(t *testing.T) {
	t.Parallel()

	for name, transforms := range map[string][]Transform{
		"photo.jpg":      {{}, {Width: 144}, {Width: 1000}, {Width: 144, Height: 96}, {Format: FormatJPEG}, {Width: 300, Height: 200, Fit: FitContain}},
		"cutout.png":     {{}, {Height: 96}, {Format: FormatPNG}, {Quality: 30}},
		"photo.webp":     {{}, {Width: 144}, {Format: FormatWebP}},
		"photo.avif":     {{}, {Width: 500}, {Format: FormatAVIF}},
		"turned.jpg":     {{}, {Width: 96}, {Height: 144}},
		"wide-gamut.png": {{}},
	} {
		source := testPicture(t, name)
		for _, transform := range transforms {
			derived, err := transform.Apply(t.Context(), source)
			if err != nil || !bytes.Equal(derived, source) {
				t.Errorf("%s, %+v: %d other bytes, %v", name, transform, len(derived), err)
			}
		}
	}
	// Another quality is a change where there is one.
	derived, _ := apply(t, Transform{Quality: 95}, testPicture(t, "photo.jpg"))
	if bytes.Equal(derived, testPicture(t, "photo.jpg")) {
		t.Error("another quality has changed nothing")
	}
}

// TestApply_everyFormat makes each format of each, in the size that was promised, and
// writes it as any other image.
func TestApply_everyFormat(t *testing.T) {
	t.Parallel()
	needEncoders(t)

	for _, name := range []string{"photo.jpg", "photo.webp", "cutout.png", "cutout.webp"} {
		for _, format := range []string{"", FormatPNG, FormatJPEG, FormatWebP, FormatAVIF} {
			transform := Transform{Width: 60, Format: format}
			derived, _ := apply(t, transform, testPicture(t, name))
			path := filepath.Join(t.TempDir(), "derived")
			info, err := client(t, Options{}, hooks{}).Write(t.Context(), bytes.NewReader(derived), SaveRequest{Path: path})
			if err != nil {
				t.Fatal(err)
			}
			want := format
			if want == "" {
				want = formatOf(name)
			}
			if info.ContentType != ContentType(want) || info.Width != 60 || info.Height != 40 {
				t.Errorf("%s as %q: %+v", name, format, info)
			}
			if onDisk, err := os.ReadFile(path); err != nil || !bytes.Equal(onDisk, derived) {
				t.Errorf("%s as %q: the file has %d bytes, want %d; %v", name, format, len(onDisk), len(derived), err)
			}
		}
	}
}

func TestApply_quality(t *testing.T) {
	t.Parallel()
	needEncoders(t)

	for _, format := range []string{FormatJPEG, FormatWebP, FormatAVIF} {
		sizes := make([]int, 0, 4)
		for _, quality := range []int{10, 40, 80, 100} {
			derived, _ := apply(t, Transform{Format: format, Quality: quality}, testPicture(t, "cutout.png"))
			sizes = append(sizes, len(derived))
		}
		if sizes[0] >= sizes[1] || sizes[1] >= sizes[2] || sizes[2] >= sizes[3] {
			t.Errorf("%s takes %d bytes", format, sizes)
		}
		usual := map[string]int{FormatJPEG: DefaultQuality, FormatWebP: DefaultQuality, FormatAVIF: DefaultQualityAVIF}[format]
		unset, _ := apply(t, Transform{Format: format}, testPicture(t, "cutout.png"))
		set, _ := apply(t, Transform{Format: format, Quality: usual}, testPicture(t, "cutout.png"))
		if !bytes.Equal(unset, set) {
			t.Errorf("%s has not the quality of %d unless it is set", format, usual)
		}
	}
}

// TestApply_colours: what is one colour stays that colour, through every decoder and
// encoder that there is.
func TestApply_colours(t *testing.T) {
	t.Parallel()
	needEncoders(t)

	for _, colour := range []color.NRGBA{{0, 0, 0, 255}, {255, 255, 255, 255}, {128, 128, 128, 255}, {200, 30, 90, 255}, {10, 200, 60, 255}} {
		source := even(t, 32, 24, colour)
		for _, by := range []string{FormatPNG, FormatJPEG, FormatWebP} {
			between, _ := apply(t, Transform{Width: 28, Format: by, Quality: 100}, source)
			_, picture := apply(t, Transform{Width: 16, Format: FormatPNG}, between)
			tolerance := 3
			if by == FormatPNG {
				tolerance = 0
			}
			wantPixel(t, picture, 7, 6, colour, tolerance)
		}
	}
}

func TestApply_transparency(t *testing.T) {
	t.Parallel()
	needEncoders(t)

	half := color.NRGBA{200, 100, 50, 128}
	source := even(t, 40, 40, half)
	for _, format := range []string{FormatPNG, FormatWebP} {
		_, picture := apply(t, Transform{Width: 20, Format: format, Quality: 100}, source)
		if format == FormatPNG {
			wantPixel(t, picture, 9, 9, half, 1)
		} else if got := pixel(picture, 9, 9); got.A != 128 {
			t.Errorf("webp: %v is not half transparent", got)
		}
	}
	// 200 × 128/255 + 255 × 127/255, and so on.
	_, picture := apply(t, Transform{Width: 20, Format: FormatJPEG, Quality: 100}, source)
	wantPixel(t, picture, 9, 9, color.NRGBA{227, 177, 152, 255}, 2)

	// Nothing of what is invisible comes into view.
	hidden := image.NewNRGBA(image.Rect(0, 0, 40, 40))
	for i := range 40 * 40 {
		hidden.SetNRGBA(i%40, i/40, color.NRGBA{255, 0, 0, 0})
		if i%40 >= 20 {
			hidden.SetNRGBA(i%40, i/40, color.NRGBA{0, 0, 255, 255})
		}
	}
	_, picture = apply(t, Transform{Width: 10}, encoded(t, hidden))
	for x := range 10 {
		if got := pixel(picture, x, 5); got.A != 0 && (got.R != 0 || got.B != 255) {
			t.Errorf("the pixel at %d is %v", x, got)
		}
	}
}

// quarters has a colour in each corner.
func quarters(width, height int) *image.NRGBA {
	picture := image.NewNRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			colour := color.NRGBA{A: 255}
			if x >= width/2 {
				colour.R = 255
			}
			if y >= height/2 {
				colour.G = 255
			}
			picture.SetNRGBA(x, y, colour)
		}
	}
	return picture
}

func TestApply_turns(t *testing.T) {
	t.Parallel()

	upright := quarters(40, 20)
	for orientation := 1; orientation <= 8; orientation++ {
		// What a camera stores is the picture turned back.
		back := map[int]int{6: 8, 8: 6}[orientation]
		if back == 0 {
			back = orientation
		}
		stored := encoded(t, turn(upright, back))
		source := withChunk(stored, "eXIf", exif(bigOrLittle(orientation), uint16(orientation))) //nolint:gosec // at most 8
		derived, picture := apply(t, Transform{Width: 20}, source)
		if size := picture.Bounds().Size(); size != image.Pt(20, 10) {
			t.Fatalf("orientation %d: %v", orientation, size)
		}
		for _, at := range []image.Point{{2, 2}, {17, 2}, {2, 7}, {17, 7}} {
			if got, want := pixel(picture, at.X, at.Y), upright.NRGBAAt(2*at.X, 2*at.Y); got != want {
				t.Errorf("orientation %d: the pixel at %v is %v, want %v", orientation, at, got, want)
			}
		}
		if found := metadataOfPNG(derived); found.orientation != 0 {
			t.Errorf("the derived picture would be turned again: %d", found.orientation)
		}
	}
	_, picture := apply(t, Transform{Width: 48}, testPicture(t, "turned.jpg"))
	if size := picture.Bounds().Size(); size != image.Pt(48, 72) {
		t.Errorf("a turned photograph has %v", size)
	}
}

func TestApply_fit(t *testing.T) {
	t.Parallel()

	source := encoded(t, quarters(80, 40))
	black, red := color.NRGBA{A: 255}, color.NRGBA{R: 255, A: 255}
	// The middle: both halves are there.
	_, picture := apply(t, Transform{Width: 20, Height: 20}, source)
	wantPixel(t, picture, 1, 1, black, 0)
	wantPixel(t, picture, 18, 1, red, 0)
	wantPixel(t, picture, 7, 1, black, 0)
	wantPixel(t, picture, 12, 1, red, 0)
	// Cropped, not squeezed: a border at x = 30 of 80 is gone.
	narrow := quarters(80, 40)
	for y := range 40 {
		for x := range 18 {
			narrow.SetNRGBA(x, y, color.NRGBA{B: 255, A: 255})
		}
	}
	_, picture = apply(t, Transform{Width: 20, Height: 20, Fit: FitCover}, encoded(t, narrow))
	wantPixel(t, picture, 0, 1, black, 0)
	_, picture = apply(t, Transform{Width: 20, Height: 20, Fit: FitFill}, encoded(t, narrow))
	wantPixel(t, picture, 0, 1, color.NRGBA{B: 255, A: 255}, 0)
	_, picture = apply(t, Transform{Width: 20, Height: 20, Fit: FitContain}, encoded(t, narrow))
	if size := picture.Bounds().Size(); size != image.Pt(20, 10) {
		t.Errorf("contained in 20 × 20, it has %v", size)
	}
}

// TestApply_profile: what is red in Display P3 is not the red of sRGB.
func TestApply_profile(t *testing.T) {
	t.Parallel()

	source := even(t, 16, 16, color.NRGBA{200, 100, 100, 255})
	for name, test := range map[string]struct {
		profile []byte
		want    color.NRGBA
	}{
		"none":       {nil, color.NRGBA{200, 100, 100, 255}},
		"sRGB":       {sRGBProfile(), color.NRGBA{200, 100, 100, 255}},
		"Display P3": {displayP3(), color.NRGBA{215, 93, 97, 255}},
		"damaged":    {displayP3()[:200], color.NRGBA{200, 100, 100, 255}},
	} {
		packed := withChunk(source, "iCCP", packedProfile(test.profile))
		for _, transform := range []Transform{{Width: 8}, {Format: FormatJPEG, Quality: 100}} {
			derived, picture := apply(t, transform, packed)
			tolerance := 1
			if transform.Format == FormatJPEG {
				tolerance = 3
			}
			wantPixel(t, picture, 4, 4, test.want, tolerance)
			if bytes.Contains(derived, []byte("iCCP")) || bytes.Contains(derived, []byte("ICC_PROFILE")) {
				t.Errorf("%s: the profile is still there", name)
			}
		}
	}
}

// TestApply_bounded works on more pictures than there are processors.
func TestApply_bounded(t *testing.T) {
	t.Parallel()

	var all sync.WaitGroup
	want, _ := apply(t, Transform{Width: 50}, testPicture(t, "photo.jpg"))
	for range 4 * runtime.GOMAXPROCS(0) {
		all.Go(func() {
			got, err := Transform{Width: 50}.Apply(t.Context(), testPicture(t, "photo.jpg"))
			if err != nil || !bytes.Equal(got, want) {
				t.Errorf("%d bytes, want the %d of before; %v", len(got), len(want), err)
			}
		})
	}
	all.Wait()
}

func TestApply_ends(t *testing.T) {
	t.Parallel()

	ended, end := context.WithCancel(t.Context())
	end()
	if _, err := (Transform{Width: 50}).Apply(ended, testPicture(t, "photo.jpg")); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestVersion(t *testing.T) {
	t.Parallel()

	seen := make(map[string]string)
	modules, err := os.ReadFile("../../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	for _, format := range []string{FormatPNG, FormatJPEG, FormatWebP, FormatAVIF} {
		version := Transform{}.Version(format)
		if !strings.Contains(version, runtime.Version()) {
			t.Errorf("%s: %q doesn't name Go's version", format, version)
		}
		seen[version] = format
		// The constants are those of go.mod.
		if _, encoder, is := strings.Cut(version, runtime.Version()+" "); is {
			if !bytes.Contains(modules, fmt.Appendf(nil, "github.com/gen2brain/%s ", encoder)) {
				t.Errorf("go.mod has another version than %s", encoder)
			}
		}
	}
	if CheckEncoder(FormatAVIF) == nil && len(seen) != 3 {
		t.Errorf("the versions are %v", seen)
	}
}
