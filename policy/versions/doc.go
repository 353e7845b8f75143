// Package versions keeps policy files with their lineage in one folder.
//
// A [Folder] holds, for each version, VERSION.safetensors, the policy file,
// whose SHA-256 begins with VERSION, and VERSION.json, its [Lineage]; and
// current.json, the list of all promotions and rollbacks, of which the current
// version follows. Policy files and lineages are never changed once they are
// there. JSON files carry the SHA-256 of what they say.
//
// Every file is written beside its place, synced, and renamed: when a method
// has returned nil, what it did survives a crash, and if the process ends
// before, it has happened whole or not at all. A version is there once its
// lineage is; a policy file without one is what a crash left, and is passed
// over. A damaged file is a [*CorruptError] that names it, and nothing is
// guessed in its place.
//
// Several processes may use one folder. Each write takes a lock that ends with
// its process; readers take none.
package versions
