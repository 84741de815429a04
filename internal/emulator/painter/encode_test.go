// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

//go:build !race

// As in painter_test.go: painted pictures take too long under the race detector.

package painter

import (
	"bytes"
	"errors"
	"image"
	"testing"

	_ "golang.org/x/image/webp"
)

func encoded(t *testing.T, img image.Image, format string) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := Encode(&b, img, format); err != nil {
		t.Fatalf("encode %s: %v", format, err)
	}
	return b.Bytes()
}

func TestEncode(t *testing.T) {
	t.Parallel()
	for _, format := range []string{"png", "jpeg", "webp"} {
		t.Run(format, func(t *testing.T) {
			t.Parallel()
			pictures := map[string]image.Image{"black": Black(scene("a cat")), "flat": Flat(scene("a cat"))}
			for _, prompt := range prompts[:4] {
				pictures[prompt] = Paint(scene(prompt))
			}
			// nativewebp 0.9.3 made an invalid file of this one.
			s := scene(prompts[1])
			s.Seed, s.Width, s.Height = 4, 320, 320
			pictures["lighthouse"] = Paint(s)
			for name, picture := range pictures {
				data := encoded(t, picture, format)
				if !bytes.Equal(data, encoded(t, picture, format)) {
					t.Errorf("%s: two encodings differ", name)
				}
				back, got, err := image.Decode(bytes.NewReader(data))
				if err != nil {
					t.Errorf("%s: %v", name, err)
					continue
				}
				if got != format || back.Bounds() != picture.Bounds() {
					t.Errorf("%s: decoded as %s of %v", name, got, back.Bounds())
				}
				tolerance := 0
				if format == "jpeg" {
					tolerance = 80 // Sharp edges of colour bleed: JPEG halves the size of its chroma.
				}
				if d := difference(picture, back); d > tolerance {
					t.Errorf("%s: mean squared difference %d after decoding", name, d)
				}
			}
		})
	}
}

// difference is the mean of the squared differences of all channels.
func difference(a, b image.Image) int {
	sum, n := 0, 0
	for y := range a.Bounds().Dy() {
		for x := range a.Bounds().Dx() {
			r1, g1, b1, _ := a.At(x, y).RGBA()
			r2, g2, b2, _ := b.At(x, y).RGBA()
			for _, d := range []int{int(r1>>8) - int(r2>>8), int(g1>>8) - int(g2>>8), int(b1>>8) - int(b2>>8)} {
				sum += d * d
				n++
			}
		}
	}
	return (sum + n - 1) / n
}

func TestEncodeUnknownFormat(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	if err := Encode(&b, Black(scene("a cat")), "gif"); err == nil || b.Len() > 0 {
		t.Errorf("gif: error %v, %d bytes", err, b.Len())
	}
}

// failing is a writer on a connection that is gone.
type failing struct{}

var errGone = errors.New("gone")

func (failing) Write([]byte) (int, error) { return 0, errGone }

func TestEncodeReportsWriteErrors(t *testing.T) {
	t.Parallel()
	for _, format := range []string{"png", "jpeg", "webp"} {
		if err := Encode(failing{}, Black(scene("a cat")), format); !errors.Is(err, errGone) {
			t.Errorf("%s: %v", format, err)
		}
	}
}
