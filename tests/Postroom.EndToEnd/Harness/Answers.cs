using System.Text.Json;

namespace Postroom.EndToEnd.Harness;

/// <summary>Reads what the program says with --json.</summary>
internal static class Answers
{
    /// <summary>The kinds of the events of a mail's trail, oldest first, in small letters without separators.</summary>
    public static IEnumerable<string> Kinds(this JsonElement mail) => mail.GetProperty("trail").EnumerateArray()
        .Select(e => string.Concat(e.GetProperty("kind").GetString()!.Where(char.IsLetter)).ToLowerInvariant());
}
