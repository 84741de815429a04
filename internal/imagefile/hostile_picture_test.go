// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package imagefile

import (
	"bytes"
	"encoding/binary"
	"errors"
	"image"
	"image/color"
	"image/jpeg"
	"slices"
	"testing"
)

func TestMetadataOfJPEG(t *testing.T) {
	t.Parallel()

	photo := testPicture(t, "photo.jpg")
	part := func(number, count byte, content string) []byte {
		return withSegment(photo, 0xe2, append([]byte("ICC_PROFILE\x00"), append([]byte{number, count}, content...)...))
	}
	inParts := func(segments ...[]byte) []byte {
		whole := photo
		for _, segment := range slices.Backward(segments) {
			whole = slices.Insert(slices.Clone(whole), 2, segment[2:len(segment)-len(photo)+2]...)
		}
		return whole
	}
	for name, test := range map[string]struct {
		content []byte
		want    metadata
	}{
		"nothing":              {photo, metadata{}},
		"turned":               {withOrientation(photo, 3), metadata{orientation: 3}},
		"the other byte order": {withSegment(photo, 0xe1, append([]byte("Exif\x00\x00"), exif(binary.BigEndian, 8)...)), metadata{orientation: 8}},
		"the first counts":     {withOrientation(withOrientation(photo, 3), 5), metadata{orientation: 5}},
		"out of range":         {withOrientation(photo, 9), metadata{}},
		"other segments":       {withSegment(withOrientation(photo, 6), 0xe1, []byte("http://ns.adobe.com/xap/1.0/\x00")), metadata{orientation: 6}},
		"filled up":            {slices.Insert(withOrientation(photo, 6), 2, 0xff, 0xff), metadata{orientation: 6}},
		"a profile":            {part(1, 1, "all"), metadata{profile: []byte("all")}},
		"one in parts":         {inParts(part(2, 2, "end"), part(1, 2, "beginning, ")), metadata{profile: []byte("beginning, end")}},
		"a part is missing":    {part(1, 2, "beginning, "), metadata{}},
		"a part twice":         {inParts(part(1, 2, "a"), part(1, 2, "b")), metadata{profile: []byte("b")}},
	} {
		got := metadataOfJPEG(test.content)
		if got.orientation != test.want.orientation || got.animated != test.want.animated || !bytes.Equal(got.profile, test.want.profile) {
			t.Errorf("%s: %+v, want %+v", name, got, test.want)
		}
	}
}

// riff is a WebP file of chunks.
func riff(chunks ...[]byte) []byte {
	content := append([]byte("WEBP"), slices.Concat(chunks...)...)
	return append(binary.LittleEndian.AppendUint32([]byte("RIFF"), uint32(len(content))), content...) //nolint:gosec // it is short
}

func chunk(kind string, content []byte) []byte {
	c := binary.LittleEndian.AppendUint32([]byte(kind), uint32(len(content))) //nolint:gosec // it is short
	c = append(c, content...)
	return append(c, make([]byte, len(content)%2)...)
}

func TestMetadataOfWebP(t *testing.T) {
	t.Parallel()

	features := func(bits byte) []byte { return chunk("VP8X", []byte{bits, 0, 0, 0, 143, 0, 0, 95, 0, 0}) }
	pixels := testPicture(t, "photo.webp")[12:]
	whole := riff(features(1<<5|1<<3), chunk("ICCP", displayP3()), pixels, chunk("EXIF", append(exif(binary.LittleEndian, 6), 0)))
	found := metadataOfWebP(whole)
	if found.orientation != 6 || !bytes.Equal(found.profile, displayP3()) || found.animated {
		t.Errorf("%d, a profile of %d bytes, %v", found.orientation, len(found.profile), found.animated)
	}
	// As if from JPEG, some write.
	found = metadataOfWebP(riff(features(1<<3), pixels, chunk("EXIF", append([]byte("Exif\x00\x00"), exif(binary.BigEndian, 8)...))))
	if found.orientation != 8 {
		t.Errorf("%+v", found)
	}
	_, picture := apply(t, Transform{Width: 48, Format: FormatPNG}, whole)
	if size := picture.Bounds().Size(); size != image.Pt(48, 72) {
		t.Errorf("turned, it has %v", size)
	}
	if found := metadataOfWebP(riff(features(1<<1), pixels)); !found.animated {
		t.Errorf("%+v", found)
	}
}

// TestApply_refuses what can't be the source, in words that say what to do.
func TestApply_refuses(t *testing.T) {
	t.Parallel()

	photo, cutout := testPicture(t, "photo.jpg"), testPicture(t, "cutout.png")
	wide, high := even(t, 65535, 1, color.White), even(t, 1, 65535, color.White)
	for name, test := range map[string]struct {
		source    []byte
		transform Transform
		want      error
		words     []string
	}{
		"nothing":                  {nil, Transform{Width: 10}, ErrNotAnImage, []string{"no content"}},
		"words":                    {[]byte("once upon a time"), Transform{Width: 10}, ErrNotAnImage, []string{"text/plain"}},
		"a JPEG that ends early":   {photo[:len(photo)/2], Transform{Width: 10}, ErrTruncated, []string{"ends in the middle"}},
		"a PNG that ends early":    {cutout[:len(cutout)/2], Transform{Width: 10}, ErrTruncated, []string{"ends in the middle"}},
		"a WebP that ends early":   {testPicture(t, "cutout.webp")[:2000], Transform{Width: 10, Format: FormatPNG}, ErrTruncated, []string{"ends in the middle"}},
		"a PNG with wrong content": {append(cutout[:60:60], make([]byte, 500)...), Transform{Width: 10}, ErrNotAnImage, []string{"damaged"}},
		"an animated WebP":         {riff(chunk("VP8X", []byte{2, 0, 0, 0, 143, 0, 0, 95, 0, 0})), Transform{Width: 10}, ErrAnimated, []string{"animated", "without transform"}},
		"an animated PNG":          {withChunk(cutout, "acTL", make([]byte, 8)), Transform{Width: 10}, ErrAnimated, []string{"animated"}},
		"AVIF":                     {testPicture(t, "photo.avif"), Transform{Width: 10}, ErrNoDecoder, []string{"AVIF", "made from"}},
		"AVIF of huge size":        {avifHeader(1<<30, 1<<30), Transform{Width: 10}, ErrNoDecoder, nil},
		"huge":                     {hugePNG(1 << 20), Transform{Width: 10}, ErrTooLarge, []string{"1048576 × 1048576", "67 million", "without transform"}},
		"a little too large":       {hugePNG(MaxSide + 1), Transform{Width: 10}, ErrTooLarge, []string{"8193 × 8193"}},
		"huge WebP":                {extendedWebP(16384, 16384), Transform{Width: 10}, ErrTooLarge, nil},
		"too wide":                 {even(t, 65536, 1, color.White), Transform{Width: 10}, ErrTooLarge, nil},
		"wide, enlarged":           {wide, Transform{Height: 2, Enlarge: true}, ErrTooLarge, []string{"131070 × 2", "8192", "smaller"}},
		"high, enlarged":           {high, Transform{Width: 8192, Enlarge: true}, ErrTooLarge, []string{"8192 × 536862720"}},
		"wide, another format":     {wide, Transform{Format: FormatJPEG}, ErrTooLarge, []string{"65535 × 1"}},
		"colours of print":         {cmyk(t), Transform{Format: FormatPNG}, ErrNoDecoder, []string{"CMYK", "sRGB"}},
		"a profile of tables":      {withChunk(cutout, "iCCP", packedProfile(profileOf("RGB ", nil))), Transform{Width: 10}, ErrNoDecoder, []string{"profile"}},
	} {
		_, err := test.transform.Apply(t.Context(), test.source)
		if !errors.Is(err, test.want) {
			t.Errorf("%s: %v, want %v", name, err, test.want)
			continue
		}
		wantText(t, err, test.words...)
	}
	for name, source := range map[string][]byte{"wide": wide, "high": high} {
		for _, transform := range []Transform{{Width: 1000}, {Height: 1000}, {Width: 30, Height: 30, Fit: FitFill, Enlarge: true}, {Width: 30, Height: 30}} {
			if _, picture := apply(t, transform, source); picture.Bounds().Empty() {
				t.Errorf("%s, %+v", name, transform)
			}
		}
	}
}

// cmyk is a JPEG of four components, 8 × 8 pixels of one colour: a grey one, with
// three more, whose bits are the same ("no difference", "end", four times).
func cmyk(t *testing.T) []byte {
	t.Helper()
	var out bytes.Buffer
	grey := image.NewGray(image.Rect(0, 0, 8, 8))
	for i := range grey.Pix {
		grey.Pix[i] = 128
	}
	if err := jpeg.Encode(&out, grey, nil); err != nil {
		t.Fatal(err)
	}
	picture := withSegment([]byte{0xff, 0xd8}, 0xee, []byte("Adobe\x00\x64\x00\x00\x00\x00\x00"))
	for rest := out.Bytes()[2:]; ; {
		length := 2 + int(binary.BigEndian.Uint16(rest[2:]))
		switch rest[1] {
		case 0xc0: // the frame
			picture = append(picture, 0xff, 0xc0, 0, 20, 8, 0, 8, 0, 8, 4)
			for component := range byte(4) {
				picture = append(picture, component+1, 0x11, 0)
			}
		case 0xda: // the scan
			picture = append(picture, 0xff, 0xda, 0, 14, 4, 1, 0, 2, 0, 3, 0, 4, 0, 0, 63, 0)
			return append(picture, 0x28, 0xa2, 0x8a, 0xff, 0xd9)
		default:
			picture = append(picture, rest[:length]...)
		}
		rest = rest[length:]
	}
}

// TestApply_boundedMemory takes no more than a picture of that size needs, whatever
// it says about itself. It is not parallel to other tests, or it would count what
// they allocate.
func TestApply_boundedMemory(t *testing.T) { //nolint:paralleltest // see above
	cutout := testPicture(t, "cutout.png")
	bomb := packedProfile(make([]byte, 64<<20))
	for name, test := range map[string]struct {
		source []byte
		limit  uint64 // in MB
	}{
		"a huge picture":            {hugePNG(MaxSide + 1), 1},
		"a picture without content": {hugePNG(2048), 20},
		"a huge chunk":              {withChunk(cutout, "zTXt", make([]byte, 4<<20)), 3},
		"a profile that unpacks":    {withChunk(cutout, "iCCP", bomb), 9},
		"65535 × 1":                 {even(t, 65535, 1, color.Black), 9},
		"1 × 65535":                 {even(t, 1, 65535, color.Black), 9},
	} {
		allocated := allocation(func() {
			_, _ = Transform{Width: 100, Height: 100, Fit: FitFill, Enlarge: true}.Apply(t.Context(), test.source)
		})
		if allocated > test.limit {
			t.Errorf("%s: it took %d MB", name, allocated)
		}
	}
}

// FuzzApply: whatever the bytes, a success is a picture of the size and format that
// were promised, and a failure has a kind.
func FuzzApply(f *testing.F) {
	for _, name := range []string{"photo.jpg", "turned.jpg", "cutout.png", "wide-gamut.png", "photo.webp", "cutout.webp"} {
		f.Add(testPicture(f, name), uint8(40), uint8(40), uint8(0))
	}
	f.Add(picture(f, "image/webp", 1), uint8(0), uint8(9), uint8(1))
	f.Add(withOrientation(picture(f, "image/jpeg", 1), 5), uint8(99), uint8(0), uint8(2))
	f.Fuzz(func(t *testing.T, content []byte, width, height, choice uint8) {
		transform := Transform{
			Width: int(width), Height: int(height), Enlarge: choice&8 != 0,
			Fit:    []string{"", FitCover, FitContain, FitFill}[choice&3],
			Format: []string{FormatPNG, FormatJPEG}[choice>>2&1],
		}
		// Larger ones take too long to try many.
		read, err := readHeader(content)
		if err == nil && int64(read.width)*int64(read.height) > 1<<18 {
			return
		}
		derived, err := transform.Apply(t.Context(), content)
		if err != nil {
			for _, kind := range []error{ErrNotAnImage, ErrTruncated, ErrAnimated, ErrTooLarge, ErrNoDecoder} {
				if errors.Is(err, kind) {
					return
				}
			}
			t.Fatalf("foreign error %v", err)
		}
		got, err := readHeader(derived)
		if err != nil {
			t.Fatal(err)
		}
		wantWidth, wantHeight := transform.Size(read.displayed())
		if gotWidth, gotHeight := got.displayed(); got.format != transform.Format || gotWidth != wantWidth || gotHeight != wantHeight {
			t.Fatalf("%+v makes %d × %d into %s of %d × %d, want %d × %d", transform, read.width, read.height, got.format, gotWidth, gotHeight, wantWidth, wantHeight)
		}
	})
}

// FuzzMetadata: whatever the bytes, reading ends, and what is found is valid.
func FuzzMetadata(f *testing.F) {
	f.Add(testPicture(f, "turned.jpg"))
	f.Add(testPicture(f, "wide-gamut.png"))
	f.Add(testPicture(f, "cutout.webp"))
	f.Add(displayP3())
	f.Add(rgbProfile(element("curv", []byte{0, 0, 0, 1, 2, 0}), [3]float64{1}, [3]float64{0, 1}, [3]float64{0, 0, 1}))
	f.Fuzz(func(t *testing.T, content []byte) {
		for _, found := range []metadata{metadataOfPNG(content), metadataOfJPEG(content), metadataOfWebP(content), {profile: content}} {
			if found.orientation < 0 || found.orientation > 8 {
				t.Errorf("orientation %d", found.orientation)
			}
			colours, err := lightOfProfile(found.profile)
			if err != nil && !errors.Is(err, ErrNoDecoder) {
				t.Errorf("foreign error %v", err)
			}
			if err == nil && colours == nil {
				t.Errorf("no colours for %v", found.profile)
			}
		}
	})
}
