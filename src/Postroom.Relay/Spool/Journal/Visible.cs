using System.Runtime.CompilerServices;

[assembly: InternalsVisibleTo("Postroom.Tests")]
