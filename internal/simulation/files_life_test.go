// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package simulation

import (
	"fmt"
	"iter"
	"math/rand/v2"
	"slices"
	"strings"
)

// filesLife is a life of image files: what an operator does one after the other
// with eight declarations, eight pictures and eight paths. In the end all URLs
// work, nothing of somebody else stands in the way, and what is declared has to be
// there.
type filesLife struct {
	Parallelism int
	// OneConfigure keeps the provider from one run to the next.
	OneConfigure bool
	Steps        []filesStep
}

const (
	filePictures = 8
	filePaths    = 8
	// fileSlots are places of declarations: four resources, and four keys of another.
	fileSlots = 8
	fileKeys  = 4
)

// fileDeed is what an operator does.
type fileDeed string

const (
	fileApply   fileDeed = "apply"
	filePlan    fileDeed = "plan"
	fileRefresh fileDeed = "refresh"
	fileDestroy fileDeed = "destroy"
	fileReplace fileDeed = "replace"

	fileDeclare       fileDeed = "declare"
	fileRemove        fileDeed = "remove"
	fileMove          fileDeed = "change the path"
	fileRepaint       fileDeed = "change the URL"
	fileSwapPaths     fileDeed = "swap paths"
	fileSwapPictures  fileDeed = "swap URLs"
	fileTurnPaths     fileDeed = "renumber the paths"
	fileTurnPictures  fileDeed = "renumber the URLs"
	fileRename        fileDeed = "rename"
	fileRenameMoved   fileDeed = "rename, moved"
	fileOverwrite     fileDeed = "overwrite, or not"
	fileIgnoreMissing fileDeed = "ignore what is missing, or not"
	fileCreateFirst   fileDeed = "create before destroy, or not"
	fileExpect        fileDeed = "expect the hash, or not"
	fileNoURL         fileDeed = "have no URL, or one"
	fileSmall         fileDeed = "be small, or not"
	fileTaint         fileDeed = "taint"

	fileHandWrites  fileDeed = "write by hand"
	fileHandDeletes fileDeed = "delete by hand"
	fileHandMoves   fileDeed = "move by hand"
	fileHandCopies  fileDeed = "copy by hand"

	fileExpire    fileDeed = "have a picture expire"
	fileExpireAll fileDeed = "have all pictures expire"
	fileHostDown  fileDeed = "have the host fail"
	fileHostWell  fileDeed = "have the host be well"
	fileLoseStore fileDeed = "lose the store"
	fileLoseState fileDeed = "lose the state"
)

// runs reports whether it starts an engine.
func (d fileDeed) runs() bool {
	return slices.Contains([]fileDeed{fileApply, filePlan, fileRefresh, fileDestroy, fileReplace}, d)
}

// handContent is what somebody writes by hand.
type handContent string

const (
	handText    handContent = "a text"
	handImage   handContent = "an image of nobody"
	handPicture handContent = "a picture"
	handHalf    handContent = "half a picture"
)

// fileEnd is how a run ends before its time.
type fileEnd string

const (
	// The nth time that an object is to be changed, the run is interrupted, or killed
	// before it is or after it.
	fileInterrupted  fileEnd = "interrupted with change"
	fileKilledBefore fileEnd = "killed before change"
	fileKilledAfter  fileEnd = "killed after change"
	// The nth time that the host is asked.
	fileInterruptedFetch fileEnd = "interrupted with fetch"
	fileKilledFetch      fileEnd = "killed with fetch"
)

// filesStep is one thing that an operator does. What it needs of a slot, a second
// one, a picture and paths is there, whether it needs it or not.
type filesStep struct {
	Deed          fileDeed
	Slot, Other   int
	Picture       int
	Path, Path2   int
	Hand          handContent
	SkipRefresh   bool
	End           fileEnd
	Nth           int
	CreateFirst   bool
	IgnoreMissing bool
	ExpectsHash   bool
	// Small has a transform make the file of the picture.
	Small bool
	// Succeeds says that the run may not fail.
	Succeeds bool
}

// String is what the operator does.
func (s filesStep) String() string {
	text := string(s.Deed)
	slot, other, picture := fileAddress(s.Slot), fileAddress(s.Other), fmt.Sprintf("picture %d", s.Picture)
	switch s.Deed {
	case fileDeclare:
		text += fmt.Sprintf(" %s: %s at %s", slot, picture, filePathName(s.Path))
	case fileMove:
		text += fmt.Sprintf(" of %s to %s", slot, filePathName(s.Path))
	case fileRepaint:
		text += fmt.Sprintf(" of %s to %s", slot, picture)
	case fileSwapPaths, fileSwapPictures, fileRename, fileRenameMoved:
		text += fmt.Sprintf(" %s and %s", slot, other)
	case fileRemove, fileOverwrite, fileIgnoreMissing, fileCreateFirst, fileExpect, fileNoURL, fileSmall, fileTaint, fileReplace:
		text += " " + slot
	case fileHandWrites:
		text += fmt.Sprintf(" at %s: %s (%d)", filePathName(s.Path), s.Hand, s.Picture)
	case fileHandDeletes:
		text += " " + filePathName(s.Path)
	case fileHandMoves, fileHandCopies:
		text += fmt.Sprintf(" %s to %s", filePathName(s.Path), filePathName(s.Path2))
	case fileExpire:
		text += fmt.Sprintf(" (%d)", s.Picture)
	}
	if s.CreateFirst && s.Deed == fileDeclare {
		text += ", create before destroy"
	}
	if s.IgnoreMissing && s.Deed == fileDeclare {
		text += ", ignore what is missing"
	}
	if s.ExpectsHash && s.Deed == fileDeclare {
		text += ", expect the hash"
	}
	if s.Small && s.Deed == fileDeclare {
		text += ", small"
	}
	if s.Succeeds {
		text += ", which succeeds"
	}
	if s.SkipRefresh {
		text += ", without a refresh"
	}
	if s.End != "" {
		text += fmt.Sprintf(", %s %d", s.End, s.Nth)
	}
	return text
}

// String has a line for each thing.
func (l filesLife) String() string {
	var text strings.Builder
	fmt.Fprintf(&text, "parallelism %d, one configure %t\n", l.Parallelism, l.OneConfigure)
	for i, step := range l.Steps {
		fmt.Fprintf(&text, "%2d. %s\n", i+1, step)
	}
	return text.String()
}

// shorter leaves out one thing, or many steps at once.
func (l filesLife) shorter() iter.Seq[filesLife] {
	return func(yield func(filesLife) bool) {
		less := func(change func(*filesLife)) bool {
			copied := l
			copied.Steps = slices.Clone(l.Steps)
			change(&copied)
			return yield(copied)
		}
		for size := len(l.Steps) / 2; size > 0; size /= 2 {
			for from := 0; from+size <= len(l.Steps); from += size {
				if !less(func(l *filesLife) { l.Steps = slices.Delete(l.Steps, from, from+size) }) {
					return
				}
			}
		}
		if l.OneConfigure && !less(func(l *filesLife) { l.OneConfigure = false }) {
			return
		}
		if l.Parallelism != 1 && !less(func(l *filesLife) { l.Parallelism = 1 }) {
			return
		}
		for i, step := range l.Steps {
			if step.End != "" && !less(func(l *filesLife) { l.Steps[i].End, l.Steps[i].Nth = "", 0 }) ||
				step.SkipRefresh && !less(func(l *filesLife) { l.Steps[i].SkipRefresh = false }) ||
				step.CreateFirst && !less(func(l *filesLife) { l.Steps[i].CreateFirst = false }) ||
				step.IgnoreMissing && !less(func(l *filesLife) { l.Steps[i].IgnoreMissing = false }) ||
				step.ExpectsHash && !less(func(l *filesLife) { l.Steps[i].ExpectsHash = false }) ||
				step.Small && !less(func(l *filesLife) { l.Steps[i].Small = false }) {
				return
			}
		}
	}
}

// drawFilesLife draws a life that begins with some files.
func drawFilesLife(r *rand.Rand) filesLife {
	l := filesLife{Parallelism: oneOf(r, 1, 2, 10), OneConfigure: chance(r, 15)}
	first := oneOf(r, 0, fileSlots-fileKeys)
	for i := range oneOf(r, 1, 2, 3, 4, 8) {
		declared := drawFilesStep(r, fileDeclare)
		declared.Slot, declared.Picture, declared.Path = (first+i)%fileSlots, i, i
		l.Steps = append(l.Steps, declared)
	}
	if chance(r, 15) {
		// It is there already, and is adopted.
		first := &l.Steps[0]
		first.ExpectsHash = true
		l.Steps = append(l.Steps, filesStep{Deed: fileHandWrites, Hand: handPicture, Picture: first.Picture, Path: first.Path})
	}
	l.Steps = append(l.Steps, drawFilesStep(r, fileApply))
	for range 3 + r.IntN(10) {
		l.Steps = append(l.Steps, drawFilesStep(r, oneOf(r, fileDeeds...)))
		if chance(r, 40) {
			l.Steps = append(l.Steps, drawFilesStep(r, oneOf(r, fileApply, fileApply, fileReplace)))
		}
	}
	if chance(r, 30) {
		l.drawSmall(r)
	}
	return l
}

// fileDeeds are drawn, each as often as it stands here.
var fileDeeds = []fileDeed{
	fileApply, fileApply, fileApply, filePlan, fileRefresh, fileDestroy, fileReplace, fileReplace,
	fileDeclare, fileDeclare, fileRemove, fileMove, fileMove, fileRepaint, fileSwapPaths, fileSwapPaths, fileSwapPictures,
	fileTurnPaths, fileTurnPictures, fileRename, fileRename, fileRenameMoved, fileOverwrite, fileIgnoreMissing, fileCreateFirst,
	fileExpect, fileNoURL, fileTaint,
	fileHandWrites, fileHandWrites, fileHandWrites, fileHandDeletes, fileHandMoves, fileHandCopies,
	fileExpire, fileExpireAll, fileExpireAll, fileHostDown, fileHostWell, fileLoseStore, fileLoseState,
}

func drawFilesStep(r *rand.Rand, deed fileDeed) filesStep {
	step := filesStep{
		Deed: deed, Slot: r.IntN(fileSlots), Other: r.IntN(fileSlots), Picture: r.IntN(filePictures),
		Path: r.IntN(filePaths), Path2: r.IntN(filePaths), Hand: oneOf(r, handText, handImage, handPicture, handHalf),
		CreateFirst: chance(r, 20), IgnoreMissing: chance(r, 15), ExpectsHash: chance(r, 30),
	}
	if deed.runs() {
		step.SkipRefresh = chance(r, 10)
		if chance(r, 30) {
			step.End = oneOf(r, fileInterrupted, fileKilledBefore, fileKilledAfter, fileInterruptedFetch, fileKilledFetch)
			step.Nth = 1 + r.IntN(5)
		}
	}
	return step
}
