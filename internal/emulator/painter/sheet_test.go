package painter

import (
	"bytes"
	"fmt"
	"image"
	"image/draw"
	"os"
	"testing"
	"time"
)

func TestSheet(t *testing.T) {
	prompts := []string{"snowy mountain peaks at sunrise", "a mountain lake at night", "minimalist japanese ink mountains", "a lighthouse at dusk", "sailboat on the ocean at sunset", "big wave",
		"misty pine forest", "autumn forest", "desert dunes at sunset", "desert", "a city at night", "isometric city", "botanical print of flowers", "a ceramic vase with branches", "planet saturn in space", "a galaxy", "geometric bauhaus pattern", "abstract flow", "favicon of a mountain", "lighthouse icon", "flower logo", "aurora over mountains", "a robot reading a newspaper", "ceramics studio logo"}
	env := os.Getenv("SEED")
	var seed int64
	fmt.Sscan(env, &seed)
	const w, h, cols = 480, 320, 4
	rows := (len(prompts) + cols - 1) / cols
	out := image.NewRGBA(image.Rect(0, 0, cols*(w+8), rows*(h+8)))
	for i, p := range prompts {
		start := time.Now()
		img := Paint(Scene{p, seed, 0, w * 2, h * 2, 28, 2.5})
		d := time.Since(start)
		var b bytes.Buffer
		start = time.Now()
		Encode(&b, img, "png")
		fmt.Printf("%-40s paint %5.1fms png %5.1fms %d KB\n", p, d.Seconds()*1e3, time.Since(start).Seconds()*1e3, b.Len()/1024)
		half := image.NewRGBA(image.Rect(0, 0, w, h))
		for y := range h {
			for x := range w {
				for c := range 3 {
					o := img.PixOffset(2*x, 2*y) + c
					half.Pix[half.PixOffset(x, y)+c] = uint8((int(img.Pix[o]) + int(img.Pix[o+4]) + int(img.Pix[o+img.Stride]) + int(img.Pix[o+img.Stride+4])) / 4)
				}
				half.Pix[half.PixOffset(x, y)+3] = 255
			}
		}
		draw.Draw(out, image.Rect(0, 0, w, h).Add(image.Pt(i%cols*(w+8), i/cols*(h+8))), half, image.Point{}, draw.Src)
	}
	f, _ := os.Create("/tmp/painter/sheet" + env + ".png")
	defer f.Close()
	Encode(f, out, "png")
}
