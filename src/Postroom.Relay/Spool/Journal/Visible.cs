using System.Runtime.CompilerServices;

[assembly: InternalsVisibleTo("Postroom.Tests")]
[assembly: InternalsVisibleTo("Postroom.Fuzz")] // what stands in a damaged file is a stranger's, too
