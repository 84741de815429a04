// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

//go:build bench

package provider_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/flux2-provider/terraform-provider-flux2/internal/acctest"
	"github.com/flux2-provider/terraform-provider-flux2/internal/emulator"
)

// benchMany declares images by their number. An engine evaluates for_each once
// for each image that it makes, which would hide the provider behind a floor
// that grows with the square of them.
func benchMany(images int, more ...string) string {
	return fmt.Sprintf(`
resource "flux2_image" "art" {
  count = %d

  prompt     = "a lighthouse at dusk"
  image_size = "square"
  keepers    = { i = count.index }
  %s
}
`, images, strings.Join(more, "\n"))
}

// benchPlans measures how the price of a plan grows with the images in state.
func benchPlans(t *testing.T, table *figures) {
	t.Helper()

	env := acctest.New(t, emulator.WithPainting(emulator.PaintOnDemand))
	product, floor := env.Workspace(t), acctest.FloorWorkspace(t)
	plan := func(workspace *acctest.Workspace) acctest.Cost {
		return workspace.Start("plan", "-detailed-exitcode", "-no-color").Cost()
	}
	write := func(images int) {
		product.Write(env.Config(benchMany(images)))
		floor.Write("provider \"flux2\" {\n}\n" + benchMany(images))
	}
	write(1)
	product.MustRun("apply", "-auto-approve", "-no-color")
	floor.MustRun("apply", "-auto-approve", "-no-color")
	env.ExpectSubmissions(t, 1)

	took := make(map[int]pair)
	for _, row := range []struct {
		images, attempts int
	}{{1, 5}, {100, 3}, {1000, 3}} {
		write(row.images)
		multiply(t, product, row.images)
		multiply(t, floor, row.images)
		took[row.images] = alternate(row.attempts, func() acctest.Cost { return plan(floor) }, func() acctest.Cost {
			before := len(env.Emulator.LogOf(emulator.RouteMedia))
			cost := plan(product)
			if asked := len(env.Emulator.LogOf(emulator.RouteMedia)) - before; asked != row.images {
				t.Errorf("a plan of %d images looked for %d files", row.images, asked)
			}
			return cost
		}, func(medians pair) bool { return row.images < 1000 || (pricedRight(medians) && linear(took, medians)) })
	}
	env.ExpectSubmissions(t, 1)

	many := took[1000]
	table.judge(t, "refresh and plan of 1,000 images", seconds(many.floor.Wall), seconds(many.product.Wall),
		quotient(many.product.Wall.Seconds(), many.floor.Wall.Seconds()), "1.5", pricedRight(many), many.busy)
	ours, theirs := growth(took, many, ofProduct), growth(took, many, ofFloor)
	table.judge(t, "one more image at 1,000, compared with one at 100", fmt.Sprintf("× %.3f", theirs), fmt.Sprintf("× %.3f", ours),
		quotient(ours, theirs), "1.2", linear(took, many), many.busy || took[100].busy)
	for _, images := range []int{1, 100, 1000} {
		cost := took[images]
		table.tell(fmt.Sprintf("refresh and plan of %d: CPU of engine and provider", images), seconds(cost.floor.CPU), seconds(cost.product.CPU),
			quotient(cost.product.CPU.Seconds(), cost.floor.CPU.Seconds()))
	}
	// The floor's own images have no pictures, so that there is less in its state.
	write(100)
	same := benchSame(t, product, plan)
	table.tell("refresh and plan of 100: CPU, floor with the product's state", seconds(same.floor.CPU), seconds(same.product.CPU),
		quotient(same.product.CPU.Seconds(), same.floor.CPU.Seconds()))
	table.tell("connections for all these HEAD requests", "–", fmt.Sprint(connections(env)), "–")
	table.tell("memory of the provider, plan of 1,000", megabytes(many.floor.Memory), megabytes(many.product.Memory),
		quotient(float64(many.product.Memory), float64(many.floor.Memory)))
}

// benchSame measures a plan of 100 images with one state for product and floor:
// what is left is the provider's own work.
func benchSame(t *testing.T, product *acctest.Workspace, plan func(*acctest.Workspace) acctest.Cost) pair {
	t.Helper()

	const images = 100
	multiply(t, product, images)
	state, err := os.ReadFile(product.Path("terraform.tfstate"))
	if err != nil {
		t.Fatal(err)
	}
	floor := acctest.FloorWorkspace(t)
	if err := os.WriteFile(floor.Path("terraform.tfstate"), state, 0o600); err != nil {
		t.Fatal(err)
	}
	floor.Write("provider \"flux2\" {\n}\n" + benchMany(images))
	return alternate(3, func() acctest.Cost { return plan(floor) }, func() acctest.Cost { return plan(product) }, func(pair) bool { return true })
}

func pricedRight(thousand pair) bool {
	return thousand.product.Wall <= thousand.floor.Wall*3/2
}

// linear reports whether the product's images don't get dearer with their
// number, beyond what the floor's do.
func linear(took map[int]pair, thousand pair) bool {
	return growth(took, thousand, ofProduct) <= 1.2*growth(took, thousand, ofFloor)
}

func ofProduct(p pair) time.Duration { return p.product.Wall }
func ofFloor(p pair) time.Duration   { return p.floor.Wall }

// growth is how much more an image costs among 1,000 than among 100, without
// what a run with one image costs.
func growth(took map[int]pair, thousand pair, of func(pair) time.Duration) float64 {
	base := of(took[1])
	return (of(thousand) - base).Seconds() / 999 / ((of(took[100]) - base).Seconds() / 99)
}

func connections(env *acctest.Environment) int {
	clients := make(map[string]bool)
	for _, entry := range env.Emulator.LogOf(emulator.RouteMedia) {
		clients[entry.RemoteAddr] = true
	}
	return len(clients)
}

// multiply fills a workspace's state with copies of its one image. To create so
// many would take an engine minutes, for it writes the whole state after each.
func multiply(t *testing.T, workspace *acctest.Workspace, images int) {
	t.Helper()

	content, err := os.ReadFile(workspace.Path("terraform.tfstate"))
	if err != nil {
		t.Fatal(err)
	}
	var state struct {
		Version          int               `json:"version"`
		TerraformVersion string            `json:"terraform_version"`
		Serial           int               `json:"serial"`
		Lineage          string            `json:"lineage"`
		Outputs          json.RawMessage   `json:"outputs"`
		Resources        []json.RawMessage `json:"resources"`
		CheckResults     json.RawMessage   `json:"check_results"`
	}
	read(t, content, &state)
	var resource, instance, attributes map[string]json.RawMessage
	var instances []json.RawMessage
	read(t, state.Resources[0], &resource)
	read(t, resource["instances"], &instances)
	read(t, instances[0], &instance)
	read(t, instance["attributes"], &attributes)
	instances = nil
	for i := range images {
		attributes["keepers"] = json.RawMessage(fmt.Sprintf(`{"i":"%d"}`, i))
		copied := maps.Clone(instance)
		copied["attributes"] = encoded(t, attributes)
		copied["index_key"] = encoded(t, i)
		instances = append(instances, encoded(t, copied))
	}
	resource["instances"] = encoded(t, instances)
	state.Resources[0] = encoded(t, resource)
	if err := os.WriteFile(workspace.Path("terraform.tfstate"), encoded(t, state), 0o600); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, document []byte, into any) {
	t.Helper()

	decoder := json.NewDecoder(bytes.NewReader(document))
	if err := decoder.Decode(into); err != nil {
		t.Fatalf("%v in %s", err, document)
	}
}

func encoded(t *testing.T, value any) json.RawMessage {
	t.Helper()

	document, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return document
}
