// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package simulation

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image/color"
	"image/png"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"

	pictures "image"

	"github.com/flux2-provider/terraform-provider-flux2/internal/acctest/engine"
	"github.com/flux2-provider/terraform-provider-flux2/internal/emulator"
	"github.com/flux2-provider/terraform-provider-flux2/internal/flux2"
)

// fileOperator lives a life of image files.
type fileOperator struct {
	t        *testing.T
	life     filesLife
	platform *platform
	// media are the paths of the pictures at the host, and pictures their content.
	media    [filePictures]string
	pictures [filePictures][]byte
	smalls   [filePictures][]byte
	expired  [filePictures]bool
	down     bool

	slots [fileSlots]declaredFile
	// keysFirst is create_before_destroy of the resource with keys.
	keysFirst bool
	state     *engine.State
	// folder has the files, and store is the provider's.
	folder, store string
	kept          *filesRun
	running       atomic.Pointer[filesRun]
	record        fileRecord
}

// declaredFile is how a file is declared now.
type declaredFile struct {
	declared                            bool
	picture, path                       int
	createFirst, ignoreMissing          bool
	overwrite, expectsHash, withoutAURL bool
	small                               bool
}

// fileAddress names the instance of a slot: four resources, and four keys of one.
func fileAddress(slot int) string {
	if slot < fileSlots-fileKeys {
		return "flux2_image_file." + imageName(slot)
	}
	return fmt.Sprintf("flux2_image_file.each[%q]", fmt.Sprint(slot-(fileSlots-fileKeys)))
}

// filePathName is a path below the folder.
func filePathName(path int) string {
	if path >= filePaths-2 {
		return "sub/" + imageName(path) + ".png"
	}
	return imageName(path) + ".png"
}

// liveFiles lives a life inside a bubble, and returns the first promise that is
// broken.
func liveFiles(t *testing.T, life filesLife) error {
	t.Helper()
	root := t.TempDir()
	o := &fileOperator{
		t: t, life: life, platform: newPlatform(t, conditions{}), state: engine.New(engine.Options{}).State(),
		folder: filepath.Join(root, "site"), store: filepath.Join(root, "store"),
	}
	defer o.platform.close()
	defer o.stopKept()
	o.platform.asked = func(request *http.Request) {
		if r := o.running.Load(); r != nil {
			r.asked(request)
		}
	}
	if err := os.MkdirAll(filepath.Join(o.folder, "sub"), 0o755); err != nil {
		return err
	}
	o.record = newFileRecord()
	if err := o.paint(); err != nil {
		return err
	}
	if life.hasSmall() {
		making.Lock()
		defer making.Unlock()
		defer synctest.Wait() // what a killed process has begun to make ends by itself
		if err := o.paintSmall(); err != nil {
			return err
		}
	}
	for i, step := range life.Steps {
		if err := o.do(step); err != nil {
			return fmt.Errorf("in step %d: %w", i+1, err)
		}
	}
	if err := o.finish(); err != nil {
		return err
	}
	if submitted := len(o.platform.Submissions()); submitted != 0 {
		return fmt.Errorf("fal has accepted %d submissions", submitted)
	}
	return nil
}

// paint has the host have all pictures.
func (o *fileOperator) paint() error {
	for i := range filePictures {
		input := flux2.NewInput(fmt.Sprintf("picture %d", i))
		input.ImageSize = flux2.CustomSize(flux2.SideLength.Min, flux2.SideLength.Min)
		body, err := input.Encode()
		if err != nil {
			return err
		}
		id, err := o.platform.SeedRequest(emulator.SeededRequest{Input: body})
		if err != nil {
			return err
		}
		request, _ := o.platform.Request(id)
		if len(request.Media) != 1 {
			return fmt.Errorf("picture %d has come to nothing: %+v", i, request)
		}
		o.media[i] = request.Media[0]
		answer := httptest.NewRecorder()
		o.platform.Server.ServeHTTP(answer, httptest.NewRequestWithContext(o.t.Context(), http.MethodGet, platformURL+o.media[i], nil))
		o.pictures[i] = answer.Body.Bytes()
		o.record.know(o.pictures[i])
	}
	return nil
}

// faults has the host be as it is to be.
func (o *fileOperator) faults() {
	o.platform.ClearFaults()
	if o.down {
		o.platform.Inject(emulator.Fault{Route: emulator.RouteMedia, Status: http.StatusServiceUnavailable})
	}
	for i, expired := range o.expired {
		if expired {
			o.platform.Inject(emulator.Fault{Path: o.media[i], Status: http.StatusNotFound})
		}
	}
}

func (o *fileOperator) do(step filesStep) error {
	if step.Deed.runs() {
		return o.run(step)
	}
	switch {
	case strings.HasSuffix(string(step.Deed), " by hand"):
		return o.byHand(step)
	case o.declare(step):
		return nil
	}
	switch step.Deed {
	case fileTaint:
		o.changeState(func(e *engine.Engine) { e.Taint(fileAddress(step.Slot)) })
	case fileExpire:
		o.expired[step.Picture] = true
	case fileExpireAll:
		for i := range o.expired {
			o.expired[i] = true
		}
	case fileHostDown:
		o.down = true
	case fileHostWell:
		o.down, o.expired = false, [filePictures]bool{}
	case fileLoseStore:
		o.stopKept()
		o.record.storeLost = true
		return os.RemoveAll(o.store)
	case fileLoseState:
		o.stopKept()
		o.state = engine.New(engine.Options{}).State()
	}
	o.faults()
	return nil
}

func (o *fileOperator) changeState(change func(*engine.Engine)) {
	e := engine.New(engine.Options{})
	e.SetState(o.state)
	change(e)
	o.state = e.State()
}

// declare changes the configuration, and reports whether that is what the step does.
func (o *fileOperator) declare(step filesStep) bool {
	slot, other := &o.slots[step.Slot], &o.slots[step.Other]
	switch step.Deed {
	case fileDeclare:
		*slot = declaredFile{declared: true, picture: step.Picture, path: step.Path, ignoreMissing: step.IgnoreMissing, createFirst: step.CreateFirst, expectsHash: step.ExpectsHash, small: step.Small}
		o.keysFirst = o.keysFirst || step.CreateFirst && step.Slot >= fileSlots-fileKeys
	case fileRemove:
		slot.declared = false
	case fileMove:
		slot.path = step.Path
	case fileRepaint:
		slot.picture = step.Picture
	case fileSwapPaths:
		slot.path, other.path = other.path, slot.path
	case fileSwapPictures:
		slot.picture, other.picture = other.picture, slot.picture
	case fileTurnPaths, fileTurnPictures:
		o.turn(step.Deed == fileTurnPaths)
	case fileRename, fileRenameMoved:
		if !slot.declared || other.declared {
			return true
		}
		*slot, *other = declaredFile{}, *slot
		if step.Deed == fileRenameMoved {
			o.changeState(func(e *engine.Engine) { e.Move(fileAddress(step.Slot), fileAddress(step.Other)) })
		}
	case fileOverwrite:
		slot.overwrite = !slot.overwrite
	case fileIgnoreMissing:
		slot.ignoreMissing = !slot.ignoreMissing
	case fileCreateFirst:
		slot.createFirst = !slot.createFirst
		if step.Slot >= fileSlots-fileKeys {
			o.keysFirst = !o.keysFirst
		}
	case fileExpect:
		slot.expectsHash = !slot.expectsHash
	case fileSmall:
		slot.small = !slot.small
	case fileNoURL:
		slot.withoutAURL = !slot.withoutAURL
	default:
		return false
	}
	return true
}

// turn hands the path or the picture of each declared file on to the next.
func (o *fileOperator) turn(paths bool) {
	last := -1
	for i := range o.slots {
		if !o.slots[i].declared {
			continue
		}
		if last >= 0 {
			a, b := &o.slots[last], &o.slots[i]
			if paths {
				a.path, b.path = b.path, a.path
			} else {
				a.picture, b.picture = b.picture, a.picture
			}
		}
		last = i
	}
}

// byHand does what somebody does without the provider.
func (o *fileOperator) byHand(step filesStep) error {
	at := o.path(step.Path)
	switch step.Deed {
	case fileHandDeletes:
		if err := os.Remove(at); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	case fileHandWrites:
		return o.putByHand(step.Path, o.handContent(step))
	default:
		content, err := os.ReadFile(at)
		if errors.Is(err, os.ErrNotExist) || step.Path == step.Path2 {
			return nil
		} else if err != nil {
			return err
		}
		if step.Deed == fileHandMoves {
			if err := os.Remove(at); err != nil {
				return err
			}
		}
		return o.putByHand(step.Path2, content)
	}
	return nil
}

func (o *fileOperator) putByHand(path int, content []byte) error {
	o.record.know(content)
	hash := hashOf(content)
	o.record.byHand[path] = hash
	if !o.inStateAt(path) && !o.record.put[placedContent{path, hash}] {
		o.record.foreign[path], o.record.adopted[path] = hash, false
	}
	return os.WriteFile(o.path(path), content, 0o644) //nolint:gosec // as the provider does
}

func (o *fileOperator) handContent(step filesStep) []byte {
	picture := o.pictures[step.Picture]
	switch step.Hand {
	case handText:
		return fmt.Appendf(nil, "notes of day %d\n", step.Picture)
	case handHalf:
		return picture[:len(picture)/2]
	case handPicture:
		return picture
	}
	canvas := pictures.NewGray(pictures.Rect(0, 0, 8, 8))
	canvas.SetGray(1, 1, color.Gray{Y: uint8(100 + step.Picture)}) //nolint:gosec // eight of them
	var content bytes.Buffer
	if err := png.Encode(&content, canvas); err != nil {
		o.t.Fatal(err)
	}
	return content.Bytes()
}

func (o *fileOperator) path(path int) string { return filepath.Join(o.folder, filePathName(path)) }

// stateFile is what the state has of a file.
type stateFile struct {
	path, sha256, source string
	tainted              bool
}

// inState returns the files of the state, by address; deposed ones are left out.
func (o *fileOperator) inState() map[string]stateFile {
	document, err := o.state.Document()
	if err != nil {
		o.t.Fatal(err)
	}
	files := map[string]stateFile{}
	for _, object := range document.Values.RootModule.Resources {
		path, _ := object.AttributeValues["path"].(string)
		sha256, _ := object.AttributeValues["sha256"].(string)
		source, _ := object.AttributeValues["source_sha256"].(string)
		if object.DeposedKey == "" {
			files[object.Address] = stateFile{path, sha256, source, object.Tainted}
		}
	}
	return files
}

// inStateAt reports whether an object in state has a path.
func (o *fileOperator) inStateAt(path int) bool {
	for _, file := range o.inState() {
		if file.path == o.path(path) {
			return true
		}
	}
	return false
}

// config declares what is declared now.
func (o *fileOperator) config() string {
	var text, keys strings.Builder
	fmt.Fprintf(&text, "provider \"flux2\" {\n  emulator_url = %q\n  image_store = %q\n}\n", platformURL, o.store)
	for i, slot := range o.slots {
		if !slot.declared {
			continue
		}
		url, expected := fmt.Sprintf("%q", platformURL+o.media[slot.picture]), "null"
		if slot.withoutAURL {
			url = "null"
		}
		if slot.expectsHash {
			expected = fmt.Sprintf("%q", hashOf(o.pictures[slot.picture]))
		}
		missing, transform := "restore", "null"
		if slot.small {
			transform = smallTransform
		}
		if slot.ignoreMissing {
			missing = "ignore"
		}
		if i >= fileSlots-fileKeys {
			fmt.Fprintf(&keys, "    \"%d\" = { url = %s, path = %q, overwrite = %t, on_missing = %q, expected = %s, transform = %s }\n",
				i-(fileSlots-fileKeys), url, o.path(slot.path), slot.overwrite, missing, expected, transform)
			continue
		}
		fmt.Fprintf(&text, "resource \"flux2_image_file\" %q {\n  url = %s\n  path = %q\n  overwrite = %t\n  on_missing = %q\n  expected_sha256 = %s\n  transform = %s\n%s}\n",
			imageName(i), url, o.path(slot.path), slot.overwrite, missing, expected, transform, lifecycleOf(slot.createFirst))
	}
	if keys.Len() > 0 {
		fmt.Fprintf(&text, "resource \"flux2_image_file\" \"each\" {\n  for_each = {\n%s  }\n  url = each.value.url\n  path = each.value.path\n"+
			"  overwrite = each.value.overwrite\n  on_missing = each.value.on_missing\n  expected_sha256 = each.value.expected\n  transform = each.value.transform\n%s}\n", keys.String(), lifecycleOf(o.keysFirst))
	}
	return text.String()
}

func lifecycleOf(createFirst bool) string {
	if !createFirst {
		return ""
	}
	return "  lifecycle {\n    create_before_destroy = true\n  }\n"
}

// run has an engine run, to its end or to that of the step.
func (o *fileOperator) run(step filesStep) error {
	if err := o.lookBefore(); err != nil {
		return err
	}
	said, r := o.engineRun(step)
	if r.killed {
		said = nil
	}
	if err := said.Err(); step.Succeeds && err != nil {
		return fmt.Errorf("all is well, and the provider says: %w", err)
	}
	return o.lookAfter(step, r, said)
}

func (o *fileOperator) engineRun(step filesStep) (engine.Diagnostics, *filesRun) {
	r := o.start()
	ctx, interrupt := context.WithCancel(context.Background())
	defer interrupt()
	r.begin(step, o.state, interrupt)
	o.running.Store(r)
	defer o.running.Store(nil)
	r.engine.SetState(o.state)
	options := engine.PlanOptions{Destroy: step.Deed == fileDestroy, RefreshOnly: step.Deed == fileRefresh, SkipRefresh: step.SkipRefresh}
	if step.Deed == fileReplace && o.slots[step.Slot].declared {
		options.Replace = []string{fileAddress(step.Slot)}
	}
	plan, said := r.engine.Plan(ctx, o.config(), options)
	r.plan = plan
	if plan != nil && step.Deed != filePlan {
		said = append(said, r.engine.Apply(ctx, plan)...)
		o.state = r.engine.State()
	}
	if r.killed {
		o.state = r.saved
	}
	// What is planned and not carried out counts until an object is read or changed:
	// a process that goes on after that is none that engines keep.
	if r.killed || ctx.Err() != nil || r.changes == 0 {
		o.stopKept()
	}
	return said, r
}
