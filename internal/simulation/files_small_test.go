// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package simulation

import (
	"math/rand/v2"
	"slices"
	"sync"

	"github.com/flux2-provider/terraform-provider-flux2/internal/imagefile"
)

// small is what a transform makes of a picture in these lives.
var small = imagefile.Transform{Width: 24}

const smallTransform = "{ width = 24 }"

// drawSmall has some of the files of a life be small, and change that.
func (l *filesLife) drawSmall(r *rand.Rand) {
	var steps []filesStep
	for _, step := range l.Steps {
		step.Small = chance(r, 50)
		if chance(r, 20) {
			steps = append(steps, filesStep{Deed: fileSmall, Slot: r.IntN(fileSlots)})
		}
		steps = append(steps, step)
	}
	l.Steps = steps
}

// hasSmall reports whether anything is small in a life.
func (l filesLife) hasSmall() bool {
	return slices.ContainsFunc(l.Steps, func(s filesStep) bool { return s.Deed == fileSmall || s.Deed == fileDeclare && s.Small })
}

// making is held by the life that makes small files: as many are made at a time as there
// are processors, and a bubble must not wait for another one.
var making sync.Mutex

// paintSmall makes all small files, as they have to come out.
func (o *fileOperator) paintSmall() error {
	for i, picture := range o.pictures {
		content, err := small.Apply(o.t.Context(), picture)
		if err != nil {
			return err
		}
		o.smalls[i] = content
		o.record.know(content)
		o.record.madeOf[hashOf(content)] = hashOf(picture)
	}
	return nil
}

// content is what the file of a slot has to hold.
func (o *fileOperator) content(slot declaredFile) []byte {
	if slot.small {
		return o.smalls[slot.picture]
	}
	return o.pictures[slot.picture]
}

// canBeMadeAgain reports whether content that is gone is that of a small file whose
// picture is there.
func (r *fileRecord) canBeMadeAgain(hash string, stored map[string]bool, standing []string) bool {
	picture, made := r.madeOf[hash]
	return made && (stored[picture] || slices.Contains(standing, picture))
}
