using System.Globalization;

namespace Postroom.Configuration;

/// <summary>Where something was written: a line and column of a file, or an environment variable.</summary>
/// <param name="Source">The file as it was named, or the variable.</param>
/// <param name="Line">From 1; 0 for a variable, or where there is no line.</param>
/// <param name="Column">From 1; 0 as above.</param>
public readonly record struct Place(string Source, int Line = 0, int Column = 0)
{
    /// <summary>As compilers print it, so that editors can jump to it: <c>postroom.toml:4:1</c>.</summary>
    public override string ToString() =>
        Line == 0 ? Source : string.Create(CultureInfo.InvariantCulture, $"{Source}:{Line}:{Column}");
}

/// <summary>Something wrong in what a person wrote.</summary>
/// <param name="Place">Where.</param>
/// <param name="What">What is wrong, in a sentence without a full stop.</param>
/// <param name="ToDo">What to do about it; empty if that is plain.</param>
/// <param name="IsWarning">True: it works, but most likely not as meant.</param>
public sealed record Mistake(Place Place, string What, string ToDo = "", bool IsWarning = false)
{
    public override string ToString() =>
        $"{Place}: {(IsWarning ? "warning: " : "")}{What}{(ToDo.Length == 0 ? "" : "; " + ToDo)}";
}
