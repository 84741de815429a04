package painter

import (
	"image"
	"image/draw"
	"os"
	"testing"
)

func TestSheet2(t *testing.T) {
	out := image.NewRGBA(image.Rect(0, 0, 1980, 1700))
	x, y, rowH := 0, 0, 0
	put := func(s Scene) {
		img := Paint(s)
		if x+s.Width > 1980 {
			x, y, rowH = 0, y+rowH+6, 0
		}
		draw.Draw(out, image.Rect(x, y, x+s.Width, y+s.Height), img, image.Point{}, draw.Src)
		x += s.Width + 6
		rowH = max(rowH, s.Height)
	}
	for _, p := range []string{"mountain", "forest", "city skyline sunset", "flower", "lighthouse", "space", "wave", "desert"} {
		put(Scene{p, 11, 0, 240, 420, 28, 2.5})
	}
	for _, c := range []struct {
		st int
		g  float64
	}{{4, 2.5}, {50, 2.5}, {28, 0}, {28, 20}} {
		put(Scene{"mountain lake autumn", 5, 1, 480, 300, c.st, c.g})
	}
	for _, p := range []string{"mountain icon", "sea logo", "flower icon", "leaf icon", "abstract icon", "pottery icon", "lighthouse icon"} {
		put(Scene{p, 77, 0, 256, 256, 28, 2.5})
	}
	for _, p := range []string{"mountain icon", "sea", "forest", "abstract", "city"} {
		put(Scene{p, 7, 0, 64, 64, 28, 2.5})
	}
	put(Scene{"tropical waves", 7, 0, 1200, 300, 28, 2.5})
	put(Scene{"ocean wave", 8, 0, 480, 300, 28, 2.5})
	put(Scene{"city lights at dusk", 8, 0, 480, 300, 28, 2.5})
	put(Scene{"flower garden", 8, 0, 480, 300, 28, 2.5})
	put(Scene{"herbarium fern", 9, 0, 480, 300, 28, 2.5})
	put(Scene{"lighthouse in autumn", 22, 0, 480, 300, 28, 2.5})
	f, _ := os.Create("/tmp/painter/other.png")
	defer f.Close()
	Encode(f, out, "png")
}
