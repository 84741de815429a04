// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package imagefile

import (
	"bytes"
	"context"
	"image"
	"runtime"
	"sync"

	"golang.org/x/sync/semaphore"
)

// How a picture meets a box of which both sides are given.
const (
	// FitCover crops the picture in its middle to the ratio of the box.
	FitCover = "cover"
	// FitContain keeps all of the picture and its ratio: one side may come out
	// shorter than the box. Nothing is padded.
	FitContain = "contain"
	// FitFill stretches the picture.
	FitFill = "fill"
)

// The formats that pictures are written in.
const (
	FormatPNG  = "png"
	FormatJPEG = "jpeg"
	FormatWebP = "webp"
	FormatAVIF = "avif"
)

// Limits and defaults of a Transform.
const (
	// MaxSide is the longest side of a derived picture.
	MaxSide = 8192
	// MaxPixels is how many pixels the source may have. The limit is checked
	// before anything is decoded.
	MaxPixels  = MaxSide * MaxSide
	MaxQuality = 100
	// DefaultQuality is that of JPEG and WebP.
	DefaultQuality     = 80
	DefaultQualityAVIF = 60
)

// Transform says how a derived picture is made. Zero values are "not set".
//
// The same Transform of the same bytes gives the same bytes on every processor:
// everything between decoder and encoder is computed with integers.
type Transform struct {
	// Width and Height are the box, in pixels. One alone keeps the ratio.
	Width, Height int
	// Enlarge lets the picture come out larger than it was. Without it, a box
	// that is larger than the picture is made smaller, in its own ratio.
	Enlarge bool
	// Fit is how the picture meets a box of two sides. Not set: FitCover.
	Fit string
	// Format is that of the result. Not set: the source's own.
	Format string
	// Quality of the encoding, 1 to 100. PNG has none. Not set: the default of
	// the format.
	Quality int
}

// Apply makes the derived picture. If nothing has to change, these are the very
// bytes of the source, with all metadata. Else the order is: limit, decode,
// turn as EXIF says, crop, scale, encode. The result is in sRGB and holds no
// metadata; transparency is kept, except in JPEG, which gets a white
// background.
//
// No more pictures are worked on at a time than there are processors. An error
// is ErrNotAnImage, ErrTruncated, ErrAnimated, ErrTooLarge, ErrNoDecoder,
// ErrNoEncoder or that of the context, which is looked at between steps.
func (t Transform) Apply(ctx context.Context, source []byte) ([]byte, error) {
	read, err := readHeader(source)
	if err != nil {
		return nil, err
	}
	format := t.Format
	if format == "" {
		format = read.format
	}
	width, height := t.Size(read.displayed())
	if t.changesNothing(read, format, width, height) {
		return source, nil
	}
	if err := read.checkSource(); err != nil {
		return nil, err
	}
	if width > MaxSide || height > MaxSide {
		return nil, fail(ErrTooLarge, "the result would have %d × %d pixels, but no side may be longer than %d; set a smaller width or height", width, height, MaxSide)
	}
	if err := CheckEncoder(format); err != nil {
		return nil, err
	}

	colours, err := lightOfProfile(read.profile)
	if err != nil {
		return nil, err
	}

	weight := weightOf(max(read.width*read.height, width*height))
	if err := processors().Acquire(ctx, weight); err != nil {
		return nil, err
	}
	defer processors().Release(weight)

	decoded, err := read.decode(source)
	if err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	scaled, err := resample(ctx, colours, decoded, t.crop(decoded.Bounds(), width, height), width, height)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	if err := encode(&out, scaled, format, t.qualityOf(format)); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// changesNothing tells whether the source is the result. A picture that EXIF
// turns is left alone, too: whoever shows it will turn it.
func (t Transform) changesNothing(read header, format string, width, height int) bool {
	shownWidth, shownHeight := read.displayed()
	return format == read.format && width == shownWidth && height == shownHeight && (t.Quality == 0 || format == FormatPNG)
}

func (t Transform) qualityOf(format string) int {
	switch {
	case t.Quality != 0:
		return t.Quality
	case format == FormatAVIF:
		return DefaultQualityAVIF
	}
	return DefaultQuality
}

// Size is the size that a picture of this width and height becomes, both as it
// is displayed, which is after it was turned as EXIF says. Halves are rounded
// up, and no side is shorter than a pixel.
func (t Transform) Size(width, height int) (int, int) {
	if width < 1 || height < 1 {
		return width, height
	}
	w, h := t.Width, t.Height
	switch {
	case w < 1 && h < 1:
		return width, height
	case h < 1:
		w = t.limited(w, width)
		return w, proportion(height, w, width)
	case w < 1:
		h = t.limited(h, height)
		return proportion(width, h, height), h
	}
	if t.Fit == FitContain {
		// The side that meets the box first decides.
		if int64(w)*int64(height) <= int64(h)*int64(width) {
			w = t.limited(w, width)
			return w, proportion(height, w, width)
		}
		h = t.limited(h, height)
		return proportion(width, h, height), h
	}
	if t.Enlarge || w <= width && h <= height {
		return w, h
	}
	// The largest box of this ratio within the picture.
	if int64(w)*int64(height) >= int64(h)*int64(width) {
		return width, proportion(h, width, w)
	}
	return proportion(w, height, h), height
}

func (t Transform) limited(wanted, there int) int {
	if t.Enlarge {
		return wanted
	}
	return min(wanted, there)
}

// crop is the part of the picture that the result shows.
func (t Transform) crop(bounds image.Rectangle, width, height int) image.Rectangle {
	if t.Width < 1 || t.Height < 1 || t.Fit != "" && t.Fit != FitCover {
		return bounds
	}
	w, h := bounds.Dx(), bounds.Dy()
	if int64(w)*int64(height) >= int64(h)*int64(width) {
		w = min(w, proportion(h, width, height))
	} else {
		h = min(h, proportion(w, height, width))
	}
	corner := bounds.Min.Add(image.Pt((bounds.Dx()-w)/2, (bounds.Dy()-h)/2))
	return image.Rectangle{Min: corner, Max: corner.Add(image.Pt(w, h))}
}

// proportion is length × numerator / denominator, rounded, and at least 1.
func proportion(length, numerator, denominator int) int {
	n, d := int64(length)*int64(numerator), int64(denominator)
	return int(max(1, (2*n+d)/(2*d)))
}

// pipelineVersion changes with every change of the code that gives other bytes.
const pipelineVersion = "1"

// Version names all that the bytes of a derived picture in this format depend
// on, beside the Transform and the source. Go's own version is part of it for
// every format, since its decoders read the sources.
func (t Transform) Version(format string) string {
	version := pipelineVersion + " " + runtime.Version()
	switch format {
	case FormatWebP:
		version += encoderWebP
	case FormatAVIF:
		version += encoderAVIF
	}
	return version
}

// Pictures of up to this many pixels share the processors; each larger one has
// them, and the memory, for itself. It is the largest that FLUX.2 makes.
const largePixels = 2048 * 2048

var processors = sync.OnceValue(func() *semaphore.Weighted { return semaphore.NewWeighted(processorCount()) })

// processorCount is constant for the life of the process.
var processorCount = sync.OnceValue(func() int64 { return int64(runtime.GOMAXPROCS(0)) })

func weightOf(pixels int) int64 {
	if pixels > largePixels {
		return processorCount()
	}
	return 1
}
