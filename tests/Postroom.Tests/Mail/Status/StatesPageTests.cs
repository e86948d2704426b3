using Postroom.Mail.Status;
using Xunit;

namespace Postroom.Tests.Mail.Status;

/// <summary>docs/states.md is the table in code, for people: the two must not drift apart.</summary>
public class StatesPageTests
{
    private static readonly string[] Page = File.ReadAllLines(Path.Combine(Root(), "docs", "states.md"));

    [Fact]
    public void The_page_lists_every_state_once_and_tells_which_are_open()
    {
        var listed = Rows("## The states")
            .Select(cells => (cells[0], cells[2].StartsWith("open", StringComparison.Ordinal)));
        Assert.Equal(Enum.GetValues<State>().Select(state => (Name(state), RecipientLife.IsOpen(state))), listed);
    }

    [Fact]
    public void The_page_lists_every_step_of_the_table_and_no_other()
    {
        var listed = Rows("## The steps").Select(cells => (From: cells[0], What: cells[1], To: cells[2]));
        var code = from state in Enum.GetValues<State>()
                   from what in Enum.GetValues<Happening>()
                   let next = RecipientLife.After(state, what)
                   where next is not null
                   select (Name(state), Name(what), Name(next.Value));
        Assert.Equal(code.Order(), listed.Order());
    }

    [Fact]
    public void The_page_names_every_fault()
    {
        var listed = Rows("## Which fault takes which step").SelectMany(cells => cells[0].Split(", "));
        Assert.Equal(["account", "message", "nexthop", "ourselves", "recipient"],
            listed.Select(fault => fault.Replace(" ", "", StringComparison.Ordinal)).Order());
        Assert.Equal(5, Enum.GetValues<Fault>().Length);
    }

    private static string Name<T>(T value) where T : struct, Enum => value.ToString().ToLowerInvariant();

    private static IEnumerable<string[]> Rows(string heading) => Page
        .SkipWhile(line => line != heading).Skip(1)
        .TakeWhile(line => !line.StartsWith("## ", StringComparison.Ordinal))
        .Where(line => line.StartsWith("| ", StringComparison.Ordinal)).Skip(1) // the head
        .Select(line => line.Trim('|', ' ').Split(" | ").Select(cell => cell.Trim(' ', '`')).ToArray());

    private static string Root()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder!.FullName, "Postroom.slnx")))
            folder = folder.Parent;
        return folder.FullName;
    }
}
