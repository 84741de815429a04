// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package imagefile

import (
	"bytes"
	"image"
	"image/jpeg"
	"image/png"
	"io"
	"strings"

	"golang.org/x/image/webp"
)

// longestSide is that of a JPEG, the longest of the formats that are read, but
// for a PNG that can't be one by mistake.
const longestSide = 1<<16 - 1

// header is what is known of a picture before it is decoded.
type header struct {
	format        string
	width, height int
	metadata
}

// Format names the format of a content type; it is empty for others than the
// four.
func Format(contentType string) string {
	if headers[contentType] == nil {
		return ""
	}
	return strings.TrimPrefix(contentType, "image/")
}

// ContentType is that of a format.
func ContentType(format string) string { return "image/" + format }

func readHeader(source []byte) (header, error) {
	info, err := copyImage(io.Discard, bytes.NewReader(source), "", int64(len(source)))
	if err != nil {
		return header{}, err
	}
	read := header{format: Format(info.ContentType), width: int(info.Width), height: int(info.Height)}
	switch read.format {
	case FormatPNG:
		read.metadata = metadataOfPNG(source)
	case FormatJPEG:
		read.metadata = metadataOfJPEG(source)
	case FormatWebP:
		read.metadata = metadataOfWebP(source)
	}
	return read, nil
}

// displayed is the size after turning.
func (h header) displayed() (int, int) {
	if h.orientation > 4 {
		return h.height, h.width
	}
	return h.width, h.height
}

// checkSource refuses what isn't decoded.
func (h header) checkSource() error {
	switch {
	case h.format == FormatAVIF:
		return fail(ErrNoDecoder, "the source is an AVIF picture, which can be kept but not changed; transform the picture that it was made from")
	case h.animated:
		return fail(ErrAnimated, "the source is an animated picture, and only one that stands still can be transformed; take its file as it is, without transform")
	case h.width > longestSide || h.height > longestSide || int64(h.width)*int64(h.height) > MaxPixels:
		return fail(ErrTooLarge, "the source has %d × %d pixels, and one of more than %d million isn't transformed; take a smaller picture, or its file as it is, without transform", h.width, h.height, MaxPixels/1_000_000)
	}
	return nil
}

// decode gives the pixels, turned.
func (h header) decode(source []byte) (image.Image, error) {
	decoder := png.Decode
	switch h.format {
	case FormatJPEG:
		decoder = jpeg.Decode
	case FormatWebP:
		decoder = webp.Decode
	}
	content := &ending{r: bytes.NewReader(source)}
	decoded, err := decoder(content)
	switch {
	case err != nil && content.ended:
		return nil, &problem{kind: ErrTruncated, text: "the source ends in the middle of the picture; the file is damaged", cause: err}
	case err != nil:
		return nil, &problem{kind: ErrNotAnImage, text: "the source can't be decoded; the file is damaged", cause: err}
	}
	if size := decoded.Bounds().Size(); size.X != h.width || size.Y != h.height {
		return nil, fail(ErrNotAnImage, "the source has %d × %d pixels, but its header says %d × %d; the file is damaged", size.X, size.Y, h.width, h.height)
	}
	switch picture := decoded.(type) {
	case *image.CMYK:
		return nil, fail(ErrNoDecoder, "the source has the colours of print (CMYK), which can't be converted; save the picture in sRGB first")
	case *image.YCbCr:
		if h.format == FormatWebP {
			decoded = fromVideo(picture, nil, 0)
		}
	case *image.NYCbCrA:
		decoded = fromVideo(&picture.YCbCr, picture.A, picture.AStride)
	}
	return turn(decoded, h.orientation), nil
}

// ending remembers that a decoder wanted more than there is. Their errors don't
// always say so.
type ending struct {
	r     io.Reader
	ended bool
}

func (e *ending) Read(p []byte) (int, error) {
	n, err := e.r.Read(p)
	e.ended = e.ended || err != nil
	return n, err
}

// fromVideo converts the colours of lossy WebP, which are those of video: black
// is 16 and white 235 (BT.601). The decoder hands them out as if they were
// JPEG's, from 0 to 255 (golang/go#40173).
func fromVideo(source *image.YCbCr, alpha []uint8, alphaStride int) *image.NRGBA {
	to8 := func(value int) uint8 { return uint8(max(0, min((value+1<<15)>>16, 255))) }
	bounds := source.Bounds()
	converted := image.NewNRGBA(image.Rect(0, 0, bounds.Dx(), bounds.Dy()))
	for y := range bounds.Dy() {
		row := converted.Pix[y*converted.Stride:]
		for x := range bounds.Dx() {
			luma := source.YOffset(bounds.Min.X+x, bounds.Min.Y+y)
			chroma := source.COffset(bounds.Min.X+x, bounds.Min.Y+y)
			// Factors are times 2^16.
			grey, blue, red := 76309*(int(source.Y[luma])-16), int(source.Cb[chroma])-128, int(source.Cr[chroma])-128
			pixel := row[x*channels:][:channels]
			pixel[0] = to8(grey + 104597*red)
			pixel[1] = to8(grey - 25675*blue - 53279*red)
			pixel[2] = to8(grey + 132201*blue)
			pixel[3] = 255
			if alpha != nil {
				pixel[3] = alpha[y*alphaStride+x]
			}
		}
	}
	return converted
}

// turn applies EXIF's orientation.
func turn(source image.Image, orientation int) image.Image {
	if orientation < 2 || orientation > 8 {
		return source
	}
	bounds := source.Bounds()
	pixels := image.NewNRGBA(image.Rect(0, 0, bounds.Dx(), bounds.Dy()))
	copyPixels(pixels, pixels.Rect, source, bounds.Min)
	w, h := bounds.Dx(), bounds.Dy()
	turned := image.NewNRGBA(image.Rect(0, 0, w, h))
	if orientation > 4 {
		turned = image.NewNRGBA(image.Rect(0, 0, h, w))
	}
	for y := range h {
		for x := range w {
			var to image.Point
			switch orientation {
			case 2: // mirrored
				to = image.Pt(w-1-x, y)
			case 3: // upside down
				to = image.Pt(w-1-x, h-1-y)
			case 4: // upside down and mirrored
				to = image.Pt(x, h-1-y)
			case 5: // mirrored along the diagonal
				to = image.Pt(y, x)
			case 6: // a quarter to the right
				to = image.Pt(h-1-y, x)
			case 7: // mirrored along the other diagonal
				to = image.Pt(h-1-y, w-1-x)
			case 8: // a quarter to the left
				to = image.Pt(y, w-1-x)
			}
			copy(turned.Pix[turned.PixOffset(to.X, to.Y):][:channels], pixels.Pix[pixels.PixOffset(x, y):])
		}
	}
	return turned
}
