// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package simulation

import "testing"

// Lives of files that once broke a promise, as short as they were found.
func TestFiles_found(t *testing.T) {
	t.Parallel()

	// at declares the file of a slot: the picture and the path of that number.
	at := func(slot int) filesStep { return filesStep{Deed: fileDeclare, Slot: slot, Picture: slot, Path: slot} }
	ignored := at(0)
	ignored.IgnoreMissing = true
	adopted := at(0)
	adopted.ExpectsHash = true
	hashed := filesStep{Deed: fileDeclare, Slot: 6, Picture: 2, Path: 2, ExpectsHash: true}
	keyed := filesStep{Deed: fileDeclare, Slot: 7, Picture: 3, Path: 3}
	apply := filesStep{Deed: fileApply, Succeeds: true}
	for name, life := range map[string]filesLife{
		"swapped after the store was lost, one ignores what is missing": {10, false, []filesStep{
			ignored, at(1), {Deed: fileSwapPaths, Other: 1}, apply, {Deed: fileLoseStore}, {Deed: fileSwapPaths, Other: 1}, apply,
		}},
		"renamed while the old one goes": {10, false, []filesStep{
			at(0), at(1), at(2), at(3), apply, {Deed: fileRename, Other: 4}, {Deed: fileRename, Slot: 1, Other: 5},
			{Deed: fileRename, Slot: 2, Other: 6}, {Deed: fileRename, Slot: 3, Other: 7}, apply,
		}},
		"another picture of the store, put by hand where a lost state had one": {1, false, []filesStep{
			at(0), at(1), apply, {Deed: fileRemove, Slot: 1}, apply, {Deed: fileLoseState},
			{Deed: fileHandWrites, Hand: handPicture, Picture: 1}, {Deed: fileApply},
		}},
		"an adopted file whose object moves": {1, false, []filesStep{
			{Deed: fileHandWrites, Hand: handPicture}, adopted, apply, {Deed: fileMove, Path: 1}, apply,
		}},
		"an adopted file whose object swaps paths": {1, false, []filesStep{
			{Deed: fileHandWrites, Hand: handPicture}, adopted, at(1), apply, {Deed: fileSwapPaths, Other: 1}, apply,
		}},
		"one keeps what another leaves, after a run that failed half way and a lost store": {1, false, []filesStep{
			hashed, keyed, apply, {Deed: fileHostDown}, {Deed: fileTurnPaths}, {Deed: fileTurnPictures}, {Deed: fileReplace, Slot: 5}, {Deed: fileLoseStore},
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			for range tries {
				if err := liveInBubble(t, life, liveFiles); err != nil {
					t.Fatalf("%v\n%s", err, life)
				}
			}
		})
	}
}
